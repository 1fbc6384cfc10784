"""Twinkle in a room, on hold, in a flow, called; it transfers its calls, blind and attended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.e2e.logins import PASSWORD, domain_of, extension, new_name
from tests.support.calling import action
from tests.support.named import number
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.twinkle import Login, Twinkle
from tests.support.waiting import eventually, play_for

PHONE_HZ, OTHER_HZ, COMING_HZ = TONES_HZ[:3]


@pytest.fixture
def name() -> str:
    """The phone's extension."""
    return new_name("twinkle")


@pytest.fixture
def twinkle(server: Server, name: str, tmp_path: Path) -> Iterator[Twinkle]:
    made = extension(server, name)
    login = Login(
        name,
        domain_of(made),
        PASSWORD,
        f"{server.host}:{server.sip_port}",
    )
    microphone = write_wav(tmp_path / "microphone.wav", tone(PHONE_HZ, 60))
    with Twinkle(tmp_path / "twinkle", microphone, login=login) as phone:
        yield phone


def has_left(server: Server, participant: str) -> None:
    eventually(
        lambda: server.call("GET", f"/conferencecalls/{participant}").json["status"] == "leaved",
        what="Twinkle has left the room",
    )


def test_digits_lead_into_a_room_where_twinkle_hears_and_is_held(
    server: Server, twinkle: Twinkle, phone: Ring
) -> None:
    room = server.new_room()
    digits = [action("digits_receive", key=digit, duration=30_000) for digit in "12#"]
    join = action("conference_join", conference_id=room)
    uri = number(server, "+15550142", action("answer"), *digits, join)
    other = phone(OTHER_HZ)
    other.dial(server.sip_uri(room))
    twinkle.dial(uri)
    play_for(1)
    assert len(server.participants(room)) == 1
    twinkle.press("12#")
    server.wait_for_participants(room, 2)
    play_for(2.5)
    assert_hears(twinkle.ear(), (OTHER_HZ,), PHONE_HZ)
    assert_hears(other.ear(), (PHONE_HZ,), OTHER_HZ)
    twinkle.hold()
    play_for(1.5)
    assert_silent(other.ear(), (PHONE_HZ,), last_s=1.0)
    twinkle.resume()
    play_for(2)
    assert_hears(newest(twinkle.ear(), 1), (OTHER_HZ,), PHONE_HZ, stretch_s=0.5)
    assert_hears(newest(other.ear(), 1), (PHONE_HZ,), OTHER_HZ, stretch_s=0.5)
    twinkle.hang_up()
    server.wait_for_participants(room, 1)


def test_twinkle_is_called_and_transfers_its_place(
    server: Server, twinkle: Twinkle, name: str, phone: Ring
) -> None:
    room = server.new_room()
    listener, coming = phone(OTHER_HZ), phone(COMING_HZ)
    listener.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    server.call(
        "POST",
        "/calls",
        {
            "destinations": [{"type": "extension", "target_name": name}],
            "actions": [{"type": "conference_join", "option": {"conference_id": room}}],
        },
    )
    twinkle.pick_up()
    _, left = server.wait_for_participants(room, 2)
    play_for(2)
    assert_hears(twinkle.ear(), (OTHER_HZ,), PHONE_HZ)
    twinkle.transfer(coming.uri)
    coming.wait_for_log("Incoming call", what="the target rings")
    coming.pick_up()
    has_left(server, left)
    server.wait_for_participants(room, 2)
    play_for(2)
    assert_hears(coming.ear(), (OTHER_HZ,), COMING_HZ)
    assert_hears(newest(listener.ear(), 1.5), (COMING_HZ,), OTHER_HZ, stretch_s=1.0)


def test_twinkle_transfers_its_place_to_a_phone_that_it_has_consulted(
    server: Server, twinkle: Twinkle, phone: Ring
) -> None:
    room = server.new_room()
    listener, consulted = phone(OTHER_HZ), phone(COMING_HZ, answers=True)
    listener.dial(server.sip_uri(room))
    to = {"type": "sip", "target": consulted.uri}
    number(server, "7203", action("connect", destinations=[to]))
    twinkle.dial(server.sip_uri(room))
    _, left = server.wait_for_participants(room, 2)
    twinkle.consult(server.sip_uri("7203"))
    play_for(1.5)
    assert_hears(consulted.ear(), (PHONE_HZ,), COMING_HZ, stretch_s=0.5)
    twinkle.transfer_to_consulted()
    has_left(server, left)
    server.wait_for_participants(room, 2)
    play_for(2.5)
    assert_hears(newest(listener.ear(), 1.5), (COMING_HZ,), OTHER_HZ, stretch_s=1.0)
    assert_hears(newest(consulted.ear(), 1.5), (OTHER_HZ,), COMING_HZ, stretch_s=1.0)
