"""A phone dials a number: it is greeted, asked for a PIN, joins a room, and is kicked."""

import numpy as np

from mixminus.sound.prompts import wording
from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.speaking import likeness, spoken
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.named import number
from tests.support.server import Server
from tests.support.tones import TONES_HZ, Pcm
from tests.support.waiting import eventually, play_for

GREETING = "Welcome to the weekly meeting of the gardeners."
GOODBYE = "Thank you for having been with us. Good evening."
ASKED, WRONG = (wording(name, "en-US", {})[0] for name in ("pin", "pin_wrong"))
A_HZ, B_HZ = TONES_HZ[:2]


def hears(phone: Baresip, said: Pcm, what: str, since: int = 0) -> None:
    """Wait until a phone has heard a text after its sample ``since``."""

    def look() -> bool:
        pcm, rate_hz = phone.ear()
        return likeness((pcm[since:], rate_hz), said) > 0.7

    eventually(look, timeout_s=90, what=f"the phone hears {what}")


def press(phone: Baresip, keys: str) -> None:
    for key in keys:
        phone.command("sndcode", key)


def dial_in_number(server: Server, name: str, room: str) -> str:
    """Create a number that greets, and leads into the room; return its SIP URI."""
    greet = action("talk", text=GREETING, language="en-US")
    return number(server, name, action("answer"), greet, action("conference_join", conference_id=room))


def test_phone_is_greeted_enters_the_pin_talks_is_kicked_and_hears_the_goodbye(
    server: Server, phone: Ring
) -> None:
    greeting, asked, wrong, goodbye = spoken(GREETING, ASKED, WRONG, GOODBYE)
    assert likeness((np.concatenate([asked, wrong, goodbye]), 16_000), greeting) < 0.6, (
        "the texts can be distinguished"
    )
    room = server.new_room(pin="4711", post_actions=[action("talk", text=GOODBYE, language="en-US")])
    uri = dial_in_number(server, "+15550142", room)
    caller, listener = phone(A_HZ, codec="G722/16000/1", seconds=300), phone(B_HZ, seconds=300)
    caller.dial(uri)
    hears(caller, greeting, "the greeting")
    hears(caller, asked, "what is asked")
    press(caller, "1147#")
    hears(caller, wrong, "that this is wrong")
    assert server.participants(room) == []
    press(caller, "4711#")
    (joined,) = server.wait_for_participants(room, 1)

    listener.dial(server.sip_uri(room))
    press(listener, "4711#")
    server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(listener.ear(), (A_HZ,), B_HZ)

    kicked_at = len(caller.ear()[0])
    assert server.call("DELETE", f"/conferencecalls/{joined}").json["status"] == "leaving"
    hears(caller, goodbye, "the goodbye", kicked_at)
    eventually(lambda: caller.ended, what="the phone is hung up")
    call_id = server.call("GET", f"/conferencecalls/{joined}").json["reference_id"]

    def over() -> dict[str, str] | None:
        shown: dict[str, str] = server.call("GET", f"/calls/{call_id}").json
        return shown if shown["status"] == "hangup" else None

    call = eventually(over, what="the call is over") or {}
    assert (call["hangup_by"], call["hangup_reason"]) == ("local", "normal")
    server.wait_for_participants(room, 1)
    assert likeness(listener.ear(), goodbye) < 0.5, "the room does not hear the goodbye"
