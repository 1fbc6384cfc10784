"""Entry point of the server: turns on huge pages, which restarts the process, before importing the rest."""

import gc
from collections.abc import Sequence

from mixminus.app.huge_pages import use_huge_pages

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run a command of the server and return its exit code."""
    use_huge_pages()
    gc.disable()  # while 1,500 modules are imported nothing is garbage, and looking for it takes a sixth of the time
    from mixminus.app.main import main as run  # noqa: PLC0415 -- imports before the restart would be done twice

    gc.enable()
    return run(arguments)
