"""ARCHITECTURE.md names every folder and the import order, every import contract is complete, every decision is listed."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
LAYERS = "imports point one way"
# What one package alone may import; for pjsua2 that is a part of `sip`, so `sip` itself is among the sources.
OWNERS = {
    "only sip.worker imports pjsua2": None,
    "only webrtc imports aiortc and aioice": "webrtc",
    "only access imports argon2 and jwt": "access",
    # The modules are a part of `app`, so `app` itself is among the sources.
    "only app.open_telemetry and app.span_queue import opentelemetry": None,
    "only store imports sqlalchemy and alembic": "store",
}


def contracts() -> dict[str, dict[str, Any]]:
    """Return the import contracts that lint checks, by name."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return {each["name"]: each for each in settings["tool"]["importlinter"]["contracts"]}


def layers() -> list[set[str]]:
    """Return the packages of each layer, from the top down, without the kernel."""
    found = contracts()[LAYERS]["layers"]
    return [{name.strip().removeprefix("mixminus.") for name in layer.split("|")} for layer in found[:-1]]


def packages() -> set[str]:
    """Return the packages directly below ``mixminus``."""
    return {path.parent.name for path in (ROOT / "src").glob("*/__init__.py")}


def test_the_import_order_in_architecture_is_the_one_that_lint_checks() -> None:
    drawn = re.search(r"^cli ->.*?-> kernel$", TEXT, re.MULTILINE | re.DOTALL)
    assert drawn
    order = [{name.strip() for name in part.strip("{} \n").split(",")} for part in drawn[0].split("->")]
    assert order == [*layers(), {"kernel"}]


def test_architecture_describes_every_folder() -> None:
    folders = {name.replace(".", "/") for layer in layers() for name in layer} | {"console"}
    assert {folder for folder in folders if f"| `src/{folder}/` |" not in TEXT} == set()
    assert packages() == {folder.partition("/")[0] for folder in folders}


def test_import_contracts_have_no_wildcard() -> None:
    for contract in contracts().values():
        assert [each for each in contract.get("ignore_imports", ()) if "*" in each] == []


@pytest.mark.parametrize("name", OWNERS)
def test_a_contract_of_an_owner_names_every_other_package(name: str) -> None:
    modules = {path.stem for path in (ROOT / "src").glob("[!_]*.py")}
    expected = (packages() | modules) - {OWNERS[name]}
    assert {source.removeprefix("mixminus.") for source in contracts()[name]["source_modules"]} == expected


def test_every_decision_is_listed_under_its_title() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text("utf-8")
    for path in (ROOT / "docs/adr").glob("0*.md"):
        number, title = path.read_text("utf-8").splitlines()[0].removeprefix("# ").split(" · ", 1)
        assert f"| {number} | [{title}]({path.name}) |" in listed


def test_processes_that_read_messages_of_phones_load_no_engine() -> None:
    """They start faster without it, and a hostile message meets less code."""
    program = (
        "import sys, mixminus.sip.edge.__main__, mixminus.sip.zygote;"
        "print(*{'numpy', 'mixminus.mixer'} & sys.modules.keys())"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
