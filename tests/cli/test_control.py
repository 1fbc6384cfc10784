"""Commands that control a room and a live call, with a phone in the room."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mixminus.client import Client
from tests.cli.conftest import Outcome, Run
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually

ABSENT = "7b1f5a7e-0000-4000-8000-000000000000"


@pytest.fixture
def phone() -> Iterator[RawPhone]:
    with RawPhone() as opened:
        yield opened


def test_the_lobby_is_listed_and_admitted_and_hands_are_lowered(
    run: Run, server: Server, phone: RawPhone
) -> None:
    room = server.new_room(lobby=True)
    phone.dial((ADDRESS, server.sip_port), room)
    eventually(lambda: len(run("rooms", "lobby", room, "--json").json) == 1, what="the phone waits")
    (waiting,) = run("rooms", "lobby", room, "--json").json
    admitted = run("rooms", "admit", room, "--json").json
    assert (admitted["count"], admitted["ids"]) == (1, [waiting["id"]])
    assert run("rooms", "lobby", room, "--json").json == []
    assert run("rooms", "hands", room, "--json").json == []
    eventually(
        lambda: run("participants", "change", waiting["id"], "--raise-hand").code == 0, what="it is joined"
    )
    assert waiting["id"] in run("rooms", "hands", room).out
    assert run("rooms", "hands", room, "--lower", "--json").json[0]["hand_raised"] is False
    assert run("rooms", "hands", room, "--json").json == []


def test_a_live_call_is_muted_played_to_recorded_and_deleted(
    run: Run, server: Server, phone: RawPhone
) -> None:
    room = server.new_room()
    phone.dial((ADDRESS, server.sip_port), room)
    (participant,) = server.wait_for_participants(room, 1)
    call = server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]

    def muted() -> str:
        return str(run("calls", "show", call, "--json").json["mute_direction"])

    assert run("calls", "mute", call).out == f"{call} is muted\n"
    assert muted() == "in"
    assert run("calls", "unmute", call, "--json").json == {"id": call}
    assert muted() == ""
    for options, language in (((), {}), (("--language", "en-GB"), {"language": "en-GB"})):
        said = run("calls", "say", call, "One moment, please.", *options, "--show-request")
        assert said.out == "said\n"
        assert sent_to("/talk", said) == {"text": "One moment, please."} | language
    for verb in ("music", "silence"):
        assert run("calls", verb, call).code == 0
        assert run("calls", verb, call, "--stop").out == "stopped\n"
    recording = run("calls", "record", call, "--json").json["id"]
    assert run("recordings", "show", recording, "--json").json["reference_id"] == call
    assert run("calls", "record", call, "--stop").out == "stopped\n"
    assert run("calls", "hangup", call).code == 0
    assert run("calls", "delete", call).out == f"deleted {call}\n"
    assert "was deleted" in run("calls", "hold", call).err


def test_a_recording_of_a_room_is_paused_and_resumed(run: Run, server: Server) -> None:
    room = server.new_room()
    recording = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
    assert run("rooms", "pause", room, "--mode", "cut").out == f"{recording} is paused\n"
    assert run("rooms", "pause", room).code == 1, "it is paused already"
    assert run("rooms", "resume", room, "--json").json == {"id": recording}


def test_a_chat_message_is_deleted(run: Run, server: Server) -> None:
    room = server.new_room()
    sent = run("rooms", "message", room, "wrong words", "--json").json["id"]
    assert run("rooms", "delete-message", sent).out == f"deleted {sent}\n"
    assert "wrong words" not in run("rooms", "messages", room).out


def test_a_flow_is_replaced_run_stopped_and_deleted(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps([{"type": "sleep", "option": {"duration": 60000}}]))
    flow = run("flows", "create", str(file), "--name", "waits", "--json").json["id"]
    assert run("runs", "start", flow, "--set", "colour").err.startswith("mixminus: colour is no variable")
    started = run("runs", "start", flow, "--set", "colour=red", "--json").json["id"]
    assert started in [each["id"] for each in run("runs", "list", "--json").json]
    assert run("runs", "show", started, "--json").json["flow_id"] == flow
    assert run("runs", "stop", started).code == 0
    eventually(lambda: started not in run("runs", "list").out, what="the run has ended")
    assert started in run("runs", "list", "--all").out
    file.write_text(json.dumps([{"type": "hangup"}]))
    replaced = run("flows", "replace", flow, str(file), "--json").json
    assert (replaced["name"], [each["type"] for each in replaced["actions"]]) == ("waits", ["hangup"])
    assert run("flows", "delete", flow).out == "deleted waits\n"


def test_a_group_of_calls_is_listed_shown_and_ended(run: Run, server: Server) -> None:
    with Client(server.url, key=ACCESS_KEY) as client:
        destinations = [{"type": "sip", "target": f"far{each}@127.0.0.1:9"} for each in range(2)]
        group = str(client.create_groupcall(destinations=destinations).id)  # type: ignore[arg-type]  # JSON
    assert group in run("groups", "list", "--all").out
    assert len(run("groups", "show", group, "--json").json["destinations"]) == 2
    assert run("groups", "hangup", group).code == 0


def test_kept_events_are_listed_of_one_room(run: Run, server: Server) -> None:
    room = server.new_room()
    listed = run("events", "list", "--room", room, "--json").json
    assert listed[0]["type"] == "conference_created"
    assert {each["data"]["id"] for each in listed} == {room}
    assert run("events", "list", "--room", room, "--after", str(listed[-1]["id"]), "--json").json == []


def test_only_a_recording_that_exists_is_transcribed(run: Run) -> None:
    assert run("transcripts", "create", ABSENT).code == 1
    assert run("transcripts", "stop", ABSENT).code == 1


def test_language_is_left_to_the_room_unless_one_is_named(run: Run) -> None:
    for name, language in (("Sala", ("--language", "es")), ("Hall", ())):
        assert run("rooms", "create", name, *language).code == 0
    for command, sent, refusal in (
        (("transcribe", "Sala"), None, "the model supports only en"),
        (("transcribe", "Hall"), None, "language is missing"),
        (("transcribe", "Sala", "--language", "de"), "de", "the model supports only en"),
    ):
        outcome = run(*command, "--show-request")
        assert (outcome.code, outcome.out) == (1, "")
        assert sent_to("/transcribe_start", outcome).get("language") == sent
        assert "LANGUAGE_NOT_SUPPORTED" in outcome.err
        assert refusal in outcome.err


def test_language_of_a_recording_is_left_to_its_room_unless_one_is_named(run: Run, server: Server) -> None:
    room = server.new_room(language="es")
    recording = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
    server.call("POST", f"/conferences/{room}/recording_stop")
    eventually(
        lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended", what="it has ended"
    )
    for options, sent in (((), None), (("--language", "de"), "de")):
        outcome = run("transcripts", "create", recording, *options, "--show-request")
        assert outcome.code == 1
        assert sent_to("/transcribes", outcome).get("language") == sent
        assert "the model supports only en" in outcome.err, "it knows neither Spanish nor German"
    done = run("transcripts", "create", recording, "--language", "en", "--json")
    assert server.call("GET", f"/transcribes/{done.json['id']}").json["language"] == "en"


def sent_to(path: str, outcome: Outcome) -> Any:
    """Return the body of the request to a path that a command has shown."""
    (command,) = [each for each in outcome.err.split("curl ")[1:] if f"{path} " in each]
    return json.loads(command[command.index("{") : command.rindex("}") + 1])
