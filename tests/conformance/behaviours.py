"""The README's table of behaviours, from api.md section 18: ``python -m tests.conformance.behaviours`` rewrites it.

A behaviour is told in its test's own words: the first line of the module, after the number.
"""

import ast
import re
from pathlib import Path
from typing import Final

__all__ = ["BEGIN", "END", "README", "readme_with_table", "tests"]

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- behaviours -->"
END: Final = "<!-- end of behaviours -->"
TITLE: Final = re.compile(r"(\d+): (.+)")
FILE: Final = re.compile(r"test_18_(\d\d)_\w+\.py")


def tests() -> dict[int, list[tuple[str, str]]]:
    """Return path and title of the tests of each behaviour, by its number."""
    found: dict[int, list[tuple[str, str]]] = {}
    for path in sorted(Path(__file__).parent.glob("test_18_*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        title, file = TITLE.match(docstring), FILE.fullmatch(path.name)
        assert title and file, (
            f"{path.name}: the name is test_18_NN_word.py, the docstring begins with `NN: `"
        )
        assert int(title[1]) == int(file[1]), f"{path.name}: is it {title[1]} or {file[1]}?"
        found.setdefault(int(title[1]), []).append((str(path.relative_to(ROOT)), title[2]))
    return found


def readme_with_table() -> str:
    """Return the README with the table that the tests say."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_table()}{END}{after}"


def _table() -> str:
    rows = [f"| {number} | {_links(files)} |\n" for number, files in sorted(tests().items())]
    return "| | behaviour, and the test that shows it |\n|---|---|\n" + "".join(rows)


def _links(files: list[tuple[str, str]]) -> str:
    return "; ".join(f"[{title.rstrip('.')}]({path})" for path, title in files)


if __name__ == "__main__":
    README.write_text(readme_with_table(), "utf-8")
