"""Generate docs/reference/behaviours.md: ``python -m tests.conformance.behaviours``.

A behaviour is described by the first line of its test's docstring, after the number (docs/reference/api.md section 18).
"""

import ast
import re
from pathlib import Path
from typing import Final

__all__ = ["PAGE", "page", "tests"]

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "reference" / "behaviours.md"
HEAD: Final = """\
# Behaviours and their tests

The fifty statements that a client of VoIPBIN's Conference API may rely on. Each links to the tests that show it. This page is
generated from these tests.

"""
TITLE: Final = re.compile(r"(\d+): (.+)")
FILE: Final = re.compile(r"test_18_(\d\d)_\w+\.py")


def tests() -> dict[int, list[tuple[str, str]]]:
    """Return path and title of the tests of each behaviour, by number."""
    found: dict[int, list[tuple[str, str]]] = {}
    for path in sorted(Path(__file__).parent.glob("test_18_*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        title, file = TITLE.match(docstring), FILE.fullmatch(path.name)
        assert title and file, (
            f"{path.name}: the name is test_18_NN_word.py, the docstring begins with `NN: `"
        )
        assert int(title[1]) == int(file[1]), (
            f"{path.name}: the docstring says {title[1]}, the file name {file[1]}"
        )
        found.setdefault(int(title[1]), []).append((str(path.relative_to(ROOT)), title[2]))
    return found


def page() -> str:
    """Return the page: a table with one row per behaviour and links to its tests."""
    rows = [f"| {number} | {_links(files)} |\n" for number, files in sorted(tests().items())]
    return HEAD + "| | behaviour, and the test that shows it |\n|---|---|\n" + "".join(rows)


def _links(files: list[tuple[str, str]]) -> str:
    return "; ".join(f"[{title.rstrip('.')}](../../{path})" for path, title in files)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
