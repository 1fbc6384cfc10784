"""``mixminus usage``, ``balance``, ``credits`` and ``privacy`` against a real server."""

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.support.server import Server


def test_usage_is_shown_and_saved(run: Run, tmp_path: Path) -> None:
    assert run("usage", "--by", "room", "--json").json == []
    path = tmp_path / "usage.csv"
    assert run("usage", "--since", "2026-11-01", "--save", str(path)).out == f"saved {path}\n"
    assert path.read_text().startswith("day,conference_id,conference_name,participants,seconds,minutes")
    outcome = run("usage", "--since", "yesterday")
    assert outcome.code == 1
    assert "since must be a day" in outcome.err


def test_a_balance_is_shown_and_only_the_super_admin_adds_credits(run: Run, server: Server) -> None:
    customer = server.call("GET", "/customer").json["id"]
    assert run("balance").out.startswith("not limited")
    outcome = run("credits", "add", customer, "5")
    assert outcome.code == 1
    assert "only the super admin" in outcome.err
    assert run("credits", "list", customer, "--json").json == []
    assert run("balance", customer).out.startswith("not limited")


def test_a_person_is_exported_and_erased(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "person.ndjson"
    assert run("privacy", "export", "+15550100", str(path)).code == 0
    assert json.loads(path.read_text().splitlines()[-1]) == {"kind": "report", "data": {}}
    assert run("privacy", "erase", "+15550100", "--yes", "--json").json["calls"] == 0
