"""Every group of commands against a real server."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from mixminus.client import Client
from tests.cli.conftest import Run
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually


def test_a_room_from_its_creation_to_its_end(run: Run) -> None:
    made = run("rooms", "create", "weekly", "--pin", "1234", "--seats", "9", "--json").json
    assert (made["name"], made["pin"], made["max_participants"]) == ("weekly", "1234", 9)
    listed = run("rooms", "list", "--json").json
    assert made["id"] in [room["id"] for room in listed]
    assert "weekly" in run("rooms", "list").out and made["id"] in run("rooms", "list").out
    assert run("rooms", "show", "weekly", "--json").json["id"] == made["id"], "by its name"
    assert run("participants", "list", "weekly", "--json").json == []
    assert run("rooms", "watch", "weekly", "--once", "--json").json == []
    assert run("rooms", "close", "weekly").out == "weekly is terminated\n"
    assert made["id"] not in run("rooms", "list").out


def test_a_name_of_two_rooms_is_refused(run: Run) -> None:
    for _ in range(2):
        run("rooms", "create", "twins")
    outcome = run("rooms", "show", "twins")
    assert outcome.code == 1
    assert outcome.err == "mixminus: 2 rooms have the name twins: `mixminus rooms list` shows the ids\n"


def test_a_name_of_no_room_is_refused(run: Run) -> None:
    outcome = run("rooms", "close", "nowhere")
    assert (outcome.code, outcome.out) == (1, "")
    assert "no open room has the name nowhere" in outcome.err


def test_a_recording_is_made_and_saved(run: Run, tmp_path: Path) -> None:
    room = run("rooms", "create", "recorded", "--json").json["id"]
    eventually(
        lambda: run("rooms", "show", room, "--json").json["status"] == "progressing", what="it is open"
    )
    path = tmp_path / "room.wav"
    outcome = run("record", "recorded", "--for", "0.5", "--save", str(path), "--json")
    assert outcome.json["file"] == str(path)
    assert path.read_bytes()[:4] == b"RIFF"
    id = outcome.json["id"]
    assert id in run("recordings", "list").out
    run("rooms", "create", "not recorded")
    assert [each["id"] for each in run("recordings", "list", "--room", room, "--json").json] == [id]
    assert run("recordings", "list", "--room", "not recorded", "--json").json == []
    assert run("recordings", "show", id, "--json").json["status"] == "ended"
    assert run("recordings", "verify", id).out == "intact\n"
    again = tmp_path / "again.wav"
    assert run("recordings", "save", id, str(again)).code == 0
    assert again.read_bytes() == path.read_bytes()
    assert run("recordings", "delete", id).code == 0


def test_a_guest_is_invited_and_the_link_revoked(run: Run, server: Server) -> None:
    run("rooms", "create", "inviting")
    made = run("rooms", "invite", "inviting", "--name", "Ann", "--expire", "600", "--json").json
    assert made["url"].startswith(f"{server.url}/join#token=")
    assert run("rooms", "invite", "inviting").out.startswith(f"{server.url}/join#token="), "a line to copy"
    with Client(server.url, key=made["url"].partition("token=")[2]) as guest:
        assert guest.get_guest().conference_name == "inviting"
    listed = run("rooms", "invitations", "inviting", "--json").json
    assert {link["name"] for link in listed} == {"Ann", ""}
    assert run("rooms", "revoke", "inviting", made["id"]).out == f"revoked {made['id']}\n"
    assert made["id"] not in run("rooms", "invitations", "inviting").out


def test_a_flow_is_validated_created_and_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    actions = [{"type": "answer"}, {"type": "talk", "option": {"text": "hello", "language": "en-US"}}]
    file.write_text(json.dumps(actions))
    assert run("flows", "validate", str(file)).out == "valid: 2 actions\n"
    made = run("flows", "create", str(file), "--name", "greeting", "--json").json
    assert [each["type"] for each in made["actions"]] == ["answer", "talk"]
    assert run("flows", "show", made["id"], "--json").json["name"] == "greeting"
    assert made["id"] in run("flows", "list").out
    file.write_text(
        json.dumps({"name": "wrong", "actions": [*actions, {"type": "sleep", "option": {"duration": "x"}}]})
    )
    outcome = run("flows", "validate", str(file))
    assert outcome.code == 1
    assert "actions[2].option.duration" in outcome.err
    file.write_text("{")
    assert "is not JSON" in run("flows", "validate", str(file)).err


def test_events_are_followed(run: Run) -> None:
    before = run("events", "tail", "--after", "0", "--count", "1", "--json").json["id"]
    run("rooms", "create", "eventful")
    outcome = run("events", "tail", "--after", str(before), "--type", "conference_created", "--count", "1")
    assert "conference_created" in outcome.out


def test_deliveries_are_listed_and_sent_again(run: Run, server: Server, unused_tcp_port: int) -> None:
    with Client(server.url, key=ACCESS_KEY) as client:
        client.update_own_customer(
            webhook_method="POST", webhook_uri=f"http://127.0.0.1:{unused_tcp_port}/hook"
        )
        room = run("rooms", "create", "delivered", "--json").json["id"]
        eventually(lambda: "no connection" in run("events", "deliveries").out, what="an attempt is listed")
        assert "waiting" in run("events", "deliveries", "--count", "100").out
        listed = run("events", "deliveries", "--json").json
        assert listed[-1]["type"] == "conference_created"
        assert run("events", "resend", str(listed[-1]["id"])).code == 0
        client.update_own_customer(webhook_method="", webhook_uri="")
        flow = client.create_activeflow(actions=[], webhook_uri=f"http://127.0.0.1:{unused_tcp_port}/flow")
        eventually(
            lambda: any(
                f"run {flow.id}" in line and "waiting" in line and "no connection" in line
                for line in run("events", "deliveries").out.splitlines()
            ),
            what="an attempt at the webhook of a run is listed",
        )
        deliveries = run("events", "deliveries", "--json").json
        of_run = next(each for each in deliveries if each["webhook_id"] == str(flow.id) and each["attempts"])
        assert of_run["webhook_type"] == "activeflow"
        again = ("events", "resend", str(of_run["id"]), "--webhook", "activeflow", "--json")
        eventually(lambda: run(*again).json == {"count": 1}, what="it waits, and is attempted at once")
    assert run("events", "resend", "--webhook", "customer").err.startswith("mixminus: ")
    run("rooms", "close", room)


def test_calls_can_be_dialled_listed_and_ended(run: Run) -> None:
    run("rooms", "create", "callers")
    placed = run("calls", "dial", "--room", "callers", "sip:far@127.0.0.1:9", "--json").json
    assert placed["id"] in run("calls", "list", "--all").out
    assert run("calls", "show", placed["id"], "--json").json["direction"] == "outgoing"
    assert run("calls", "hangup", placed["id"]).code == 0


def test_directories(run: Run) -> None:
    number = run("numbers", "create", "+15550100", "--name", "desk", "--json").json
    assert "+15550100" in run("numbers", "list").out
    assert run("numbers", "delete", number["id"]).out == "deleted +15550100\n"
    extension = run("extensions", "create", "201", "--password", "Secret-4711-x", "--json").json
    assert "201" in run("extensions", "list").out
    assert run("extensions", "delete", extension["id"]).code == 0
    made = run("trunks", "create", "carrier", "--host", "127.0.0.1:5099", "--json")
    assert "carrier" in run("trunks", "list").out
    assert run("trunks", "delete", made.json["id"]).out == "deleted carrier\n"


def test_keys_and_agents(run: Run) -> None:
    key = run("keys", "create", "program", "--days", "2", "--json").json
    assert key["token"].startswith("vb_")
    assert "program" in run("keys", "list").out and key["token"] not in run("keys", "list").out
    assert run("rooms", "list", "--key", key["token"]).code == 0
    assert run("keys", "delete", key["id"]).code == 0
    assert run("rooms", "list", "--key", key["token"]).code == 1
    agent = run("agents", "create", "ann@example.com", "--password", "Long-Enough-1", "--json").json
    assert "ann@example.com" in run("agents", "list").out
    assert run("agents", "delete", agent["id"]).code == 0
    assert run("agents", "create", "b@example.com", "--password", "Long-Enough-1", "--role", "king").code == 2


def test_transcripts(run: Run) -> None:
    assert run("transcripts", "list", "--json").json == []
    assert run("transcripts", "search", "hello", "--json").json == []
    missing = run("transcripts", "show", str(uuid4()))
    assert (missing.code, "TRANSCRIBE_NOT_FOUND" in missing.err) == (1, True)


@pytest.mark.parametrize("group", ["rooms", "calls", "numbers", "extensions", "trunks", "keys", "agents"])
def test_every_list_is_json_on_request(run: Run, group: str) -> None:
    assert isinstance(json.loads(run(group, "list", "--json").out), list)


def test_next_calls_are_traced_and_saved(run: Run, tmp_path: Path) -> None:
    begun = run("calls", "trace", "--number", "2000", "--for", "60", "--json").json
    assert begun["status"] == "waiting"
    assert begun["id"] in run("traces", "list").out
    assert run("traces", "show", begun["id"], "--json").json["duration"] == 60
    capture, diagram = tmp_path / "t.pcapng", tmp_path / "t.html"
    assert run("traces", "save", begun["id"], str(capture)).out == f"saved {capture}\n"
    assert run("traces", "save", begun["id"], str(diagram)).code == 0
    assert capture.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    assert b"<h1>Trace of 0 calls of 2000</h1>" in diagram.read_bytes()
    assert run("traces", "stop", begun["id"]).out == f"{begun['id']} is ended\n"
    assert run("traces", "delete", begun["id"]).code == 0
    assert run("traces", "show", begun["id"]).code == 1
    waited = tmp_path / "w.pcapng"
    outcome = run("calls", "trace", "--peer", "192.0.2.7", "--for", "1", "--save", str(waited), "--json")
    assert (outcome.json["messages"], waited.exists()) == (0, True)


def test_trace_needs_a_call_or_what_to_wait_for(run: Run, tmp_path: Path) -> None:
    for arguments in ((), (str(uuid4()), "--number", "2000")):
        outcome = run("calls", "trace", *arguments)
        assert (outcome.code, "name a live call, or --number or --peer" in outcome.err) == (1, True)
    outcome = run("calls", "trace", "--number", "2000", "--save", str(tmp_path / "t.txt"))
    assert (outcome.code, "ends with .pcapng or .html" in outcome.err) == (1, True)


def test_a_text_is_said_to_a_room_and_stopped(run: Run) -> None:
    made = run("rooms", "create", "spoken", "--json").json
    eventually(
        lambda: run("rooms", "show", made["id"], "--json").json["status"] == "progressing", what="it is open"
    )
    said = run("rooms", "say", "spoken", "One moment, please.", "--json").json
    again = run("rooms", "play", "spoken", "missing.wav", "--json").json
    assert {each["id"] for each in run("rooms", "playbacks", "spoken", "--json").json} == {
        said["id"],
        again["id"],
    }
    assert run("rooms", "stop", said["id"]).out == f"{said['id']} is stopped\n"
    eventually(lambda: "no such file" in run("rooms", "playbacks", "spoken").out, what="the other has failed")


def test_a_server_alone_lists_no_nodes(run: Run) -> None:
    assert run("nodes", "list", "--json").json == []
    assert "address" in run("nodes", "list").out
