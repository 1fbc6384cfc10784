"""SIPp's scenarios in a room: hold, digits, and transfer of its place. The test says by a message of the chat when to go on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, wait_to_hear
from tests.e2e.logins import PASSWORD, domain_of, extension, new_name
from tests.support.capture import Capture
from tests.support.phone import mulaw_decode
from tests.support.server import Server
from tests.support.sipp_phone import SippPhone
from tests.support.tones import TONES_HZ, Pcm
from tests.support.waiting import eventually, play_for

AUDIO = re.compile(rb"m=audio ([0-9]+)")
SCENARIOS = Path(__file__).parent / "scenarios"
PHONE_HZ, SIPP_HZ, TARGET_HZ = TONES_HZ[:3]


def go_on(server: Server, room: str) -> None:
    """Let a scenario go one step further."""
    sent = server.call("POST", f"/conferences/{room}/messages", {"text": "go on"})
    assert sent.status == 200, sent.body


@pytest.fixture
def room(server: Server) -> str:
    return server.new_room(dtmf_menu={"*6": "mute"})


@pytest.fixture
def called(tmp_path: Path, server: Server, room: str) -> Iterator[Any]:
    """Call a room by a scenario: ``called("hold_and_info", HELD_DIRECTION=...)``."""
    phones: list[SippPhone] = []

    def call(name: str, tone_hz: float = 0.0, **values: str) -> SippPhone:
        at = f"{server.host}:{server.sip_port}"
        scenario = SCENARIOS / f"{name}.xml"
        made = SippPhone(
            tmp_path, scenario, server=at, target=room, tone_hz=tone_hz, values={"EVENTS": "101", **values}
        )
        phones.append(made)
        return made

    yield call
    for each in phones:
        each.close()


def heard_by(sipp: SippPhone, capture: Capture) -> tuple[Pcm, int]:
    """Return the audio that was sent to SIPp, which records nothing itself."""
    offers = (AUDIO.search(each.payload) for each in list(capture.packets) if each.source_port == sipp.port)
    port = next((int(found[1]) for found in offers if found), 0)
    packets = [
        each.payload[12:]
        for each in list(capture.packets)
        if port and each.destination_port == port and each.payload[1] & 0x7F == 0
    ]
    return mulaw_decode(b"".join(packets)), 8000


def wait_for(server: Server, participant: str, field: str, value: object) -> None:
    eventually(
        lambda: server.call("GET", f"/conferencecalls/{participant}").json[field] == value,
        what=f"{field} is {value}",
    )


@pytest.mark.parametrize(
    ("connection", "direction"),
    [
        pytest.param("IN IP[media_ip_type] [media_ip]", "sendonly", id="sendonly"),
        pytest.param("IN IP4 0.0.0.0", "sendrecv", id="0.0.0.0"),
        pytest.param("IN IP[media_ip_type] [media_ip]", "inactive", id="inactive"),
    ],
)
def test_sipp_is_on_hold_and_presses_keys_by_info(
    server: Server, room: str, phone: Ring, called: Any, connection: str, direction: str
) -> None:
    """Its tone goes on while it is on hold, as hold music does; the room does not hear it."""
    other = phone(PHONE_HZ)
    other.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    with Capture() as capture:
        sipp = called("hold_and_info", SIPP_HZ, HELD_CONNECTION=connection, HELD_DIRECTION=direction)
        _, joined = server.wait_for_participants(room, 2)
        wait_to_hear(other, SIPP_HZ)
        eventually(lambda: len(heard_by(sipp, capture)[0]) > 2 * 8000, what="audio for SIPp")
        for held in (True, False):
            go_on(server, room)
            wait_for(server, joined, "on_hold", held)
            if held:
                play_for(2)
                assert_silent(other.ear(), (SIPP_HZ,), last_s=1.0)
        wait_to_hear(other, SIPP_HZ)
        for muted in (True, False):
            go_on(server, room)
            wait_for(server, joined, "muted", muted)
            if muted:
                play_for(2)
                assert_silent(other.ear(), (SIPP_HZ,), last_s=1.0)
        wait_to_hear(other, SIPP_HZ)
        go_on(server, room)
        sipp.wait()
    server.wait_for_participants(room, 1)
    assert_hears(heard_by(sipp, capture), (PHONE_HZ,), SIPP_HZ)


def test_sipp_transfers_its_place_in_a_room(md5_server: Server, phone: Ring, tmp_path: Path) -> None:
    room, made = md5_server.new_room(), extension(md5_server, new_name("sipp"))
    other, target = phone(PHONE_HZ), phone(TARGET_HZ, answers=True)
    other.dial(md5_server.sip_uri(room))
    md5_server.wait_for_participants(room, 1)
    values = {
        "EVENTS": "101",
        "FROM": f"sip:{made['username']}@{domain_of(made)}",
        "USER": made["username"],
        "PASSWORD": PASSWORD,
        "TARGET": target.uri,
    }
    at = f"{md5_server.host}:{md5_server.sip_port}"
    with SippPhone(
        tmp_path,
        SCENARIOS / "transfer.xml",
        server=at,
        target=room,
        tone_hz=SIPP_HZ,
        values=values,
        options=("-auth_uri", f"{room}@{at}"),
    ) as sipp:
        _, left = md5_server.wait_for_participants(room, 2)
        wait_to_hear(other, SIPP_HZ)
        go_on(md5_server, room)
        sipp.wait()
    wait_for(md5_server, left, "status", "leaved")
    md5_server.wait_for_participants(room, 2)
    wait_to_hear(other, TARGET_HZ)
    wait_to_hear(target, PHONE_HZ)
