"""Entry point of the ``mixminus`` command: the server starts without the code of the other commands."""

import sys
from typing import Final

__all__ = ["main"]

_OF_THE_SERVER: Final = frozenset({"serve", "verify-recording"})


def main() -> int:
    """Run the command that the arguments of the process name; return its exit code."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in _OF_THE_SERVER:
        from mixminus.app.launch import main as run  # noqa: PLC0415 -- only what runs is imported

        return run(arguments)
    from mixminus.cli.main import main as command  # noqa: PLC0415 -- only what runs is imported

    return command()
