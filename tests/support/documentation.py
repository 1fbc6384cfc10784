"""Extract the commands in the ``console`` blocks of a documentation page."""

import re
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "commands", "described_metrics", "fenced"]

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


def described_metrics() -> set[str]:
    """Return the metrics that the page of metrics describes; ``_x_total`` has the prefix of the first name in its cell."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    described = set()
    for cell in re.findall(r"^\| (`(?:mixminus)?_.*?) \|", page, re.MULTILINE):
        first, *more = re.findall(r"`([a-z_]+)", cell)
        described |= {first, *(name for name in more if name.startswith("mixminus"))}
        ends = [match.start() for match in re.finditer("_", first)]
        described |= {f"{first[:end]}{name}" for name in more if name.startswith("_") for end in ends}
    return described
