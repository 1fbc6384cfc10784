"""Entry point of the server: turns on huge pages, which restarts the process, before importing the rest; ends it at once."""

import gc
import os
import sys
from collections.abc import Sequence

from mixminus.app.huge_pages import use_huge_pages

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run a command of the server, and exit with its code; in Python's development mode, return it."""
    use_huge_pages()
    gc.disable()  # while 1,500 modules are imported nothing is garbage, and looking for it takes a sixth of the time
    from mixminus.app.main import main as run  # noqa: PLC0415 -- imports before the restart would be done twice

    gc.enable()
    code = run(arguments)
    if sys.flags.dev_mode:
        return code
    # All is closed. Python would take a second to destroy the objects of 1,500 modules one by one.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
