"""Media streams, speakings and answering machine detection from the command line, with a phone and a program."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from tests.cli.conftest import Run
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.waiting import eventually


class Agent:
    """A program that media streams are connected to; it keeps the texts that it receives."""

    def __init__(self) -> None:
        self.texts: list[dict[str, Any]] = []
        self._server = serve(self._receive, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def messages(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.texts if each.get("type") == kind]

    def _receive(self, connection: ServerConnection) -> None:
        for frame in connection:
            if isinstance(frame, str):
                self.texts.append(json.loads(frame))


@pytest.fixture
def agent() -> Iterator[Agent]:
    opened = Agent()
    yield opened
    opened.close()


@pytest.fixture
def participant(server: Server) -> Iterator[dict[str, Any]]:
    """Yield the participant of a phone in a room."""
    room = server.new_room()
    with RawPhone() as phone:
        phone.dial((ADDRESS, server.sip_port), room)
        (id,) = server.wait_for_participants(room, 1)
        yield server.call("GET", f"/conferencecalls/{id}").json


@pytest.fixture
def call(participant: dict[str, Any]) -> str:
    return str(participant["reference_id"])


def connected(run: Run, stream: str) -> None:
    def look() -> bool:
        return bool(run("streams", "show", stream, "--json").json["status"] == "connected")

    eventually(look, what="the program is connected")


def test_a_room_is_streamed_to_a_program_until_it_is_stopped(run: Run, server: Server, agent: Agent) -> None:
    room = server.new_room()
    options = ("--sample-rate", "16000", "--parameter", "colour=red", "--parameter", "rule=a=b")
    stream = run("rooms", "stream", room, agent.url, *options, "--json").json["id"]
    connected(run, stream)
    (start,) = agent.messages("start")
    assert (start["conference_id"], start["sample_rate"], start["listen"]) == (room, 16000, "mix")
    assert start["parameters"] == {"colour": "red", "rule": "a=b"}
    (listed,) = run("rooms", "streams", room, "--json").json
    assert (listed["id"], listed["url"], listed["connections"]) == (stream, agent.url, 1)
    assert agent.url in run("rooms", "streams", room).out
    assert run("streams", "stop", stream).out == f"{stream} is ended\n"
    eventually(lambda: agent.messages("stop"), what="the program gets the last message")
    again = run("streams", "stop", stream)
    assert again.code == 1
    assert "STATE_INVALID" in again.err


def test_a_program_hears_all_but_one_of_a_room(run: Run, participant: dict[str, Any], agent: Agent) -> None:
    room, listen = participant["conference_id"], f"mix_minus={participant['id']}"
    stream = run("rooms", "stream", room, agent.url, "--listen", listen, "--json").json["id"]
    shown = run("streams", "show", stream, "--json").json
    assert (shown["listen"], shown["conferencecall_id"]) == ("mix_minus", participant["id"])
    run("streams", "stop", stream)


def test_a_call_is_streamed_in_the_protocol_of_twilio(run: Run, call: str, agent: Agent) -> None:
    options = ("--protocol", "twilio", "--listen", "both")
    stream = run("calls", "stream", call, agent.url, *options, "--json").json["id"]
    (listed,) = run("calls", "streams", call, "--json").json
    assert (listed["id"], listed["call_id"], listed["protocol"]) == (stream, call, "twilio")
    assert listed["listen"] == "both"
    assert run("streams", "stop", stream, "--json").json == {"id": stream, "status": "ended"}


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (("--listen", "participant"), "write mix, participant=ID or mix_minus=ID"),
        (("--listen", "participant=ann"), "ann is no id"),
        (("--parameter", "colour"), "write --parameter NAME=VALUE"),
    ],
)
def test_a_wrong_option_of_a_stream_says_what_to_write(
    run: Run, options: tuple[str, str], advice: str
) -> None:
    outcome = run("rooms", "stream", "any", "ws://127.0.0.1:9", *options)
    assert outcome.code == 1
    assert advice in outcome.err


def test_text_is_said_flushed_and_stopped_in_a_call(run: Run, call: str) -> None:
    speaking = run("speakings", "open", "--call", call, "--direction", "both", "--json").json["id"]
    assert run("speakings", "say", speaking, "The meeting ends in five minutes.").out == "queued\n"
    shown = run("speakings", "show", speaking, "--json").json
    assert (shown["reference_id"], shown["direction"], shown["status"]) == (call, "both", "active")
    assert speaking in run("speakings", "list").out
    assert "SPEAKING_ALREADY_ACTIVE" in run("speakings", "open", "--call", call).err
    assert run("speakings", "flush", speaking, "--json").json == {"id": speaking}
    assert run("speakings", "stop", speaking).out == f"{speaking} is stopped\n"
    assert "STATE_INVALID" in run("speakings", "say", speaking, "too late").err


def test_a_speaking_is_of_a_room_or_of_a_call(run: Run) -> None:
    run("rooms", "create", "spoken to")
    speaking = run("speakings", "open", "--room", "spoken to", "--json").json["id"]
    assert run("speakings", "stop", speaking, "--json").json == {"id": speaking, "status": "stopped"}
    assert "--room ROOM, or --call CALL" in run("speakings", "open").err


def test_calls_detect_answering_machines(run: Run) -> None:
    run("rooms", "create", "dialled from")
    dial = ("calls", "dial", "--room", "dialled from", "sip:far@127.0.0.1:9", "--machine-detection")
    placed = run(*dial, "beep", "--json", "--show-request")
    assert '"machine_detection": "beep"' in placed.err
    assert run("calls", "show", placed.json["id"], "--json").json["direction"] == "outgoing"
    assert run(*dial, "loud").code == 2
