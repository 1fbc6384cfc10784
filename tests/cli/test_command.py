"""Options, profiles, failures and exit codes of the command."""

import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.ports import free_port
from tests.support.server import ACCESS_KEY, Server


def test_a_request_is_shown_as_a_command_without_the_key(run: Run, server: Server) -> None:
    outcome = run("rooms", "create", "shown", "--show-request")
    assert "curl -s -X POST -d '{" in outcome.err and f"{server.url}/v1.0/conferences" in outcome.err
    assert '"Authorization: Bearer $MIXMINUS_KEY"' in outcome.err
    assert ACCESS_KEY not in outcome.err + outcome.out


def test_a_server_that_does_not_run(run: Run) -> None:
    outcome = run("rooms", "list", "--url", f"http://127.0.0.1:{free_port()}")
    assert (outcome.code, outcome.out) == (1, "")
    assert "is the server running" in outcome.err and "mixminus serve" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_wrong_key_says_where_keys_come_from(run: Run) -> None:
    outcome = run("rooms", "list", "--key", "vb_wrong")
    assert outcome.code == 1
    assert "INVALID_CREDENTIALS" in outcome.err and "--profile" in outcome.err


def test_a_refusal_names_the_request(run: Run) -> None:
    outcome = run("calls", "show", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
    assert outcome.code == 1
    assert "CALL_NOT_FOUND" in outcome.err and "req_" in outcome.err


@pytest.mark.parametrize("arguments", [("rooms", "paint"), ("rooms", "show"), ("rooms", "list", "--colour")])
def test_a_wrong_command_is_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 2


def test_profiles_name_servers(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MIXMINUS_URL")
    monkeypatch.delenv("MIXMINUS_KEY")
    assert run("profiles", "list", "--json").json == []
    assert run("profiles", "add", "lab", server.url, "--access-key", ACCESS_KEY).code == 0
    file = tmp_path / "config/mixminus/profiles.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("rooms", "list", "--profile", "lab").code == 0
    assert ACCESS_KEY not in run("profiles", "list").out
    missing = run("rooms", "list", "--profile", "moon")
    assert missing.code == 1 and "profiles add moon" in missing.err
    run("profiles", "add", "default", server.url, "--access-key", ACCESS_KEY)
    assert run("rooms", "list").code == 0, "the default profile"
    assert run("profiles", "remove", "lab").code == 0
    assert run("profiles", "remove", "lab").code == 1


def test_completion_is_offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # Typer finds the shell by its parent processes; in a test there may be none.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    outcome = run("--show-completion", "bash")
    assert outcome.code == 0 and "_MIXMINUS_COMPLETE" in outcome.out
