"""What ARCHITECTURE.md says of the folders is so, and every decision is in the list."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
LAYERS = "arrows point one way"


def layers() -> list[set[str]]:
    """Return what lint holds imports to, from the top to what lies on the kernel."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    found = next(each for each in contracts if each["name"] == LAYERS)["layers"]
    return [{name.strip().removeprefix("mixminus.") for name in layer.split("|")} for layer in found[:-1]]


def test_the_arrows_are_those_that_lint_checks() -> None:
    drawn = re.search(r"^app ->.*?-> kernel$", TEXT, re.MULTILINE | re.DOTALL)
    assert drawn
    told = [{name.strip() for name in part.strip("{} \n").split(",")} for part in drawn[0].split("->")]
    assert told == [*layers(), {"kernel"}]


def test_every_folder_is_told() -> None:
    folders = {name.replace(".", "/") for layer in layers() for name in layer} | {"console"}
    assert {folder for folder in folders if f"| `src/{folder}/` |" not in TEXT} == set()
    packages = {path.parent.name for path in (ROOT / "src").glob("*/__init__.py")}
    assert packages == {folder.partition("/")[0] for folder in folders}


def test_every_decision_is_listed_under_its_title() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text("utf-8")
    for path in (ROOT / "docs/adr").glob("0*.md"):
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" · ", 1)
        assert f"| {number} | [{title}]({path.name}) |" in listed
