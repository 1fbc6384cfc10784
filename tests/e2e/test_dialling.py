"""The server calls real phones: they ring, answer and join the room."""

from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for


def call(server: Server, *targets: str, room: str = "", **more: Any) -> dict[str, Any]:
    """Create a call, with a flow that joins ``room`` if one is named."""
    join = {"type": "conference_join", "option": {"conference_id": room}}
    answer = server.call(
        "POST",
        "/calls",
        {
            "source": {"type": "sip", "target": "desk", "name": "Desk"},
            "destinations": [{"type": "sip", "target": target} for target in targets],
            "actions": [join] if room else [{"type": "sleep", "option": {"duration": 600_000}}],
            **more,
        },
    )
    assert answer.status == 200, answer.body
    placed: dict[str, Any] = answer.json
    assert [each["status"] for each in placed["calls"]] == ["dialing"] * len(targets)
    return placed


def becomes(server: Server, call_id: str, status: str) -> dict[str, Any]:
    """Wait until a call has this status, and return it."""

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = server.call("GET", f"/calls/{call_id}").json
        return found if found["status"] == status else None

    return eventually(look, timeout_s=20, what=f"the call is {status}") or {}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_called_phone_joins_a_room_and_talks(server: Server, phone: Ring, transport: str) -> None:
    room = server.new_room()
    caller, called = phone(TONES_HZ[0]), phone(TONES_HZ[1], transport=transport)
    caller.dial(server.sip_uri(room))
    (placed,) = call(server, called.uri, room=room)["calls"]
    assert becomes(server, placed["id"], "ringing")["tm_ringing"] < "9"
    called.pick_up()
    server.wait_for_participants(room, 2)
    becomes(server, placed["id"], "progressing")
    play_for(3)
    assert_hears(caller.ear(), (TONES_HZ[1],), TONES_HZ[0])
    assert_hears(called.ear(), (TONES_HZ[0],), TONES_HZ[1])
    called.hang_up()
    ended = becomes(server, placed["id"], "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) == ("remote", "normal")


def test_phone_with_automatic_answer_is_held_and_hung_up(server: Server, phone: Ring) -> None:
    room = server.new_room()
    called = phone(TONES_HZ[0], answers=True)
    (placed,) = call(server, called.uri, room=room)["calls"]
    server.wait_for_participants(room, 1)
    for method in ("POST", "DELETE"):
        answer = server.call(method, f"/calls/{placed['id']}/hold")
        assert (answer.status, answer.body) == (200, b"")
    server.call("POST", f"/calls/{placed['id']}/hangup")
    ended = becomes(server, placed["id"], "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) == ("local", "normal")
    eventually(lambda: called.ended, what="the phone is hung up")


def test_phone_in_do_not_disturb_rejects(server: Server, phone: Ring) -> None:
    called = phone(TONES_HZ[0])
    (placed,) = call(server, called.uri)["calls"]
    becomes(server, placed["id"], "ringing")
    called.hang_up()
    ended = becomes(server, placed["id"], "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) in (("remote", "busy"), ("remote", "noanswer"))


def test_ringing_call_is_cancelled(server: Server, phone: Ring) -> None:
    called = phone(TONES_HZ[0])
    (placed,) = call(server, called.uri)["calls"]
    becomes(server, placed["id"], "ringing")
    server.call("POST", f"/calls/{placed['id']}/hangup")
    ended = becomes(server, placed["id"], "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) == ("local", "cancel")
    eventually(lambda: called.ended, what="the phone stops ringing")
