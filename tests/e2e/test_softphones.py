"""Softphones of other projects: in a room, on hold, in a flow, called, transferred, gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.e2e.logins import PASSWORD, domain_of, extension
from tests.support.calling import action
from tests.support.linphone import Linphone
from tests.support.named import number
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually, play_for

PHONE_HZ, OTHER_HZ, COMING_HZ = TONES_HZ[:3]


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "microphone.wav", tone(PHONE_HZ, 60))


@pytest.fixture
def softphone(tmp_path: Path, microphone: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path / "linphone", microphone) as made:
        yield made


def registered(server: Server, softphone: Linphone, name: str) -> dict[str, Any]:
    made = extension(server, name)
    softphone.register(f"sip:{name}@{domain_of(made)}", f"sip:{server.host}:{server.sip_port}", PASSWORD)
    return made


def test_softphone_is_heard_and_hears_is_held_and_says_goodbye(
    tls_server: Server, softphone: Linphone, phone: Ring
) -> None:
    room = tls_server.new_room()
    other = phone(OTHER_HZ)
    other.dial(tls_server.sip_uri(room))
    softphone.dial(tls_server.sip_uri(room))
    tls_server.wait_for_participants(room, 2)
    play_for(2.5)
    assert_hears(softphone.ear(), (OTHER_HZ,), PHONE_HZ)
    assert_hears(other.ear(), (PHONE_HZ,), OTHER_HZ)
    softphone.hold()
    play_for(1.5)
    assert_silent(other.ear(), (PHONE_HZ,), last_s=1.0)
    softphone.resume()
    play_for(2)
    assert_hears(newest(softphone.ear(), 1), (OTHER_HZ,), PHONE_HZ, stretch_s=0.5)
    assert_hears(newest(other.ear(), 1), (PHONE_HZ,), OTHER_HZ, stretch_s=0.5)
    softphone.hang_up()
    tls_server.wait_for_participants(room, 1)


def test_digits_of_a_softphone_lead_through_a_flow(tls_server: Server, softphone: Linphone) -> None:
    room = tls_server.new_room()
    digits = [action("digits_receive", key=digit, duration=30_000) for digit in "12#"]
    join = action("conference_join", conference_id=room)
    softphone.dial(number(tls_server, "+15550141", action("answer"), *digits, join))
    play_for(1)
    assert tls_server.participants(room) == []
    softphone.press("12#")
    (participant,) = tls_server.wait_for_participants(room, 1)
    call = tls_server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
    tls_server.call("POST", f"/calls/{call}/hangup")
    tls_server.wait_for_participants(room, 0)


def test_softphone_registers_is_called_and_transfers_its_place(
    tls_server: Server, softphone: Linphone, phone: Ring
) -> None:
    room = tls_server.new_room()
    listener, coming = phone(OTHER_HZ), phone(COMING_HZ)
    listener.dial(tls_server.sip_uri(room))
    registered(tls_server, softphone, "3141")
    tls_server.call(
        "POST",
        "/calls",
        {
            "destinations": [{"type": "extension", "target_name": "3141"}],
            "actions": [{"type": "conference_join", "option": {"conference_id": room}}],
        },
    )
    softphone.pick_up()
    _, left = tls_server.wait_for_participants(room, 2)
    play_for(2)
    assert_hears(softphone.ear(), (OTHER_HZ,), PHONE_HZ)
    softphone.transfer(coming.uri)
    coming.wait_for_log("Incoming call", what="the target rings")
    coming.pick_up()
    eventually(
        lambda: tls_server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved",
        what="the softphone has left the room",
    )
    tls_server.wait_for_participants(room, 2)
    play_for(2)
    assert_hears(coming.ear(), (OTHER_HZ,), COMING_HZ)


def test_softphone_transfers_its_place_to_a_phone_that_it_has_consulted(
    tls_server: Server, softphone: Linphone, phone: Ring
) -> None:
    """Attended transfer: REFER with Replaces, of the call by which the other phone was asked."""
    room = tls_server.new_room()
    listener, consulted = phone(OTHER_HZ), phone(COMING_HZ, answers=True)
    listener.dial(tls_server.sip_uri(room))
    to = {"type": "sip", "target": consulted.uri}
    number(tls_server, "7204", action("connect", destinations=[to]))
    registered(tls_server, softphone, "3142")
    softphone.dial(tls_server.sip_uri(room))
    _, left = tls_server.wait_for_participants(room, 2)
    softphone.consult(tls_server.sip_uri("7204"))
    play_for(1.5)
    assert_hears(consulted.ear(), (PHONE_HZ,), COMING_HZ, stretch_s=0.5)
    softphone.transfer_to_consulted()
    eventually(
        lambda: tls_server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved",
        what="the softphone has left the room",
    )
    tls_server.wait_for_participants(room, 2)
    play_for(2.5)
    assert_hears(newest(listener.ear(), 1.5), (COMING_HZ,), OTHER_HZ, stretch_s=1.0)
    assert_hears(newest(consulted.ear(), 1.5), (OTHER_HZ,), COMING_HZ, stretch_s=1.0)


@pytest.mark.parametrize(
    ("transport", "media_encryption"), [("tls", "srtp"), ("tls", "dtls"), ("udp", "dtls")]
)
def test_linphone_encrypts(
    tls_server: Server,
    tls_port: int,
    phone: Ring,
    tmp_path: Path,
    microphone: Path,
    transport: str,
    media_encryption: str,
) -> None:
    root = tls_server.save_root(tmp_path)
    room = tls_server.new_room()
    other = phone(OTHER_HZ)
    other.dial(tls_server.sip_uri(room))
    uri = f"sip:{room}@{ADDRESS}:{tls_port};transport=tls" if transport == "tls" else tls_server.sip_uri(room)
    with Linphone(
        tmp_path / "linphone", microphone, media_encryption=media_encryption, root_ca=root
    ) as softphone:
        softphone.dial(uri)
        tls_server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(softphone.ear(), (OTHER_HZ,), PHONE_HZ)
        assert_hears(other.ear(), (PHONE_HZ,), OTHER_HZ)
        softphone.hang_up()
        tls_server.wait_for_participants(room, 1)
