"""Extract the commands in the ``console`` blocks of a documentation page."""

import re
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "commands", "fenced"]

ROOT: Final = Path(__file__).resolve().parents[2]


def fenced(page: Path, language: str) -> list[str]:
    """Return the text of each fenced block of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """Return the commands: each begins with ``$ `` and continues on the lines that do not."""
    return [
        command.removesuffix("\n")
        for block in fenced(page, "console")
        for command in re.findall(r"^\$ (.*?)(?=^\$ |\Z)", block, re.MULTILINE | re.DOTALL)
    ]
