"""Room settings with a real phone: PIN, talk detection, and a locked room."""

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

BEEP_HZ = 880.0


def test_phone_hears_the_beep_and_enters_the_pin(server: Server, phone: Ring) -> None:
    room = server.new_room(pin="42", moderator_pin="77", prompts="off")
    caller = phone(TONES_HZ[0], codec="PCMU/8000/1")
    caller.dial(server.sip_uri(room))
    play_for(1.5)
    assert_hears(caller.ear(), (BEEP_HZ,), stretch_s=0.1)
    assert server.participants(room) == []
    for digit in "77#":
        caller.command("sndcode", digit)
        play_for(0.3)
    (joined,) = server.wait_for_participants(room, 1)
    assert server.call("GET", f"/conferencecalls/{joined}").json["role"] == "moderator"


def test_talking_is_published(server: Server, phone: Ring) -> None:
    room = server.new_room()
    caller = phone(TONES_HZ[0], codec="PCMU/8000/1")
    caller.dial(server.sip_uri(room))
    (joined,) = server.wait_for_participants(room, 1)
    eventually(
        lambda: server.call("GET", f"/conferencecalls/{joined}").json["talking"],
        what="the phone's tone counts as talking",
    )
    server.call("PATCH", f"/conferencecalls/{joined}", {"muted": True})
    eventually(
        lambda: not server.call("GET", f"/conferencecalls/{joined}").json["talking"],
        what="a muted phone does not talk",
    )


def test_locked_room_is_403(server: Server, phone: Ring) -> None:
    room = server.new_room(locked=True)
    caller = phone(TONES_HZ[0])
    caller.command("dial", server.sip_uri(room))
    caller.wait_for_log("403", what="the room is locked")
