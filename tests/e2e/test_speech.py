"""A real phone hears a greeting before it enters a room, and the room does not hear it."""

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.speaking import likeness, spoken
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

TEXT = "Welcome. You will be in the conference in a moment."


def test_phone_hears_a_greeting_that_the_room_does_not_hear(server: Server, phone: Ring) -> None:
    (said,) = spoken(TEXT)
    greeting = [{"type": "talk", "option": {"text": TEXT, "language": "en-US"}}]
    room = server.new_room(pre_actions=greeting)
    first = phone(TONES_HZ[0], codec="G722/16000/1")
    first.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1, timeout_s=90)
    eventually(lambda: likeness(first.ear(), said) > 0.7, timeout_s=30, what="the greeting is heard")
    play_for(1)
    quiet_from = len(first.ear()[0])
    second = phone(TONES_HZ[1], codec="PCMU/8000/1")
    second.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2, timeout_s=90)
    play_for(3)
    pcm, rate_hz = first.ear()
    assert likeness((pcm[quiet_from:], rate_hz), said) < 0.4
    assert likeness(second.ear(), said) > 0.6, "less of it remains at 8 kHz"
    assert_hears(first.ear(), (TONES_HZ[1],), TONES_HZ[0])
