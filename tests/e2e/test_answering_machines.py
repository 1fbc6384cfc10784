"""Real phones that are called answer like a person and like a machine: the call, its record, an event and its flow say which."""

from typing import Any

import numpy as np
import pytest

from mixminus.speech.synthesis.engine import resampled
from tests.e2e.conftest import Ring
from tests.e2e.speaking import likeness, spoken
from tests.e2e.test_dialling import becomes, call
from tests.support.calling import action, mark, place
from tests.support.prompts import NARROW, prompt
from tests.support.server import Server
from tests.support.tones import Pcm, write_wav
from tests.support.waiting import eventually

RATE_HZ = 48_000
HEAR_S = 90.0
MESSAGE = "The bridge will be closed on Monday. Please take another road to the harbour."
FLOW = [
    action("condition_variable", variable="${voipbin.call.answered_by}", value_string="human", false_target_id=place("message")),
    action("digits_receive", duration=60_000, key="#"),
    mark("no message"),
    action("talk", id="message", text=MESSAGE, language="en-US"),
    action("digits_receive", duration=60_000, key="#"),
]  # fmt: skip
"""What a person gets is a question for a digit, a machine a message."""
START_MS = 1500
"""How much earlier or later than the phone the detection may begin."""


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * NARROW), np.int16)


GREETING = prompt("vm-intro", NARROW)
"""`Please leave your message after the tone. When done, hang up, or press the pound key.`"""
BEEP = prompt("beep", NARROW)
PERSON = np.concatenate([silence(0.5), prompt("goodbye", NARROW), silence(HEAR_S)])
MACHINE = np.concatenate([silence(0.5), GREETING, BEEP, silence(HEAR_S)])
BEEPED_MS = round((0.5 + (GREETING.size + BEEP.size) / NARROW) * 1000)


def answers_with(phone: Ring, says: Pcm) -> Any:
    """Return a phone that answers by itself and says this."""
    called = phone(0.0, answers=True, seconds=0.1, codec="G722/16000/1")
    write_wav(called.directory / "microphone.wav", resampled(says, NARROW, RATE_HZ))
    return called


def events(server: Server, type_: str, call_id: str) -> list[dict[str, Any]]:
    """Return the data of the events of this type about a call."""
    page = server.call("GET", "/events?page_size=100").json["result"]
    return [each["data"] for each in page if each["type"] == type_ and each["data"]["id"] == call_id]


def detected(server: Server, call_id: str) -> dict[str, Any]:
    """Wait until it is known who has answered; return the call."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = server.call("GET", f"/calls/{call_id}").json
        return found if found["answered_by"] else None

    return eventually(look, timeout_s=40, what="it is known who has answered") or {}


def check_answered_by(server: Server, found: dict[str, Any]) -> None:
    """Check that event, record and call say the same."""
    (event,) = events(server, "call_answered_by", found["id"])
    of_the_call = (found["answered_by"], found["answered_by_ms"], found["greeting_ms"])
    assert of_the_call == (event["answered_by"], event["at_ms"], event["greeting_ms"])
    server.call("POST", f"/calls/{found['id']}/hangup")
    becomes(server, found["id"], "hangup")
    records = eventually(lambda: events(server, "cdr_created", found["id"]), what="its record") or []
    assert [each["answered_by"] for each in records] == [found["answered_by"]]


def test_person_is_connected(server: Server, phone: Ring) -> None:
    called = answers_with(phone, PERSON)
    (placed,) = call(server, called.uri, actions=FLOW, machine_detection="beep")["calls"]
    found = detected(server, placed["id"])
    assert found["answered_by"] == "human"
    said_ms = 1000 * prompt("goodbye", NARROW).size / NARROW
    assert 0 < found["greeting_ms"] <= said_ms + 100
    assert found["greeting_ms"] < found["answered_by_ms"]
    check_answered_by(server, found)


@pytest.mark.parametrize("detection", ["detect", "beep"])
def test_machine_gets_a_message(server: Server, phone: Ring, detection: str) -> None:
    called = answers_with(phone, MACHINE)
    (placed,) = call(server, called.uri, actions=FLOW, machine_detection=detection)["calls"]
    found = detected(server, placed["id"])
    assert found["answered_by"] == {"detect": "machine", "beep": "beep"}[detection]
    assert found["greeting_ms"] >= 2400
    if detection == "beep":
        assert abs(found["answered_by_ms"] - BEEPED_MS) <= START_MS
    (message,) = spoken(MESSAGE)
    eventually(lambda: likeness(called.ear(), message) > 0.7, timeout_s=40, what="the message is heard")
    check_answered_by(server, found)


def test_machine_is_hung_up(server: Server, phone: Ring) -> None:
    called = answers_with(phone, MACHINE)
    hangs_up = [action("amd", machine_handle="hangup"), *FLOW]
    (placed,) = call(server, called.uri, actions=hangs_up)["calls"]
    ended = becomes(server, placed["id"], "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"], ended["answered_by"]) == ("local", "amd", "machine")
    eventually(lambda: called.ended, what="the phone is hung up")
