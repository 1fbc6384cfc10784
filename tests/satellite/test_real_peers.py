"""Phones and browsers of other makers, each at a node that is not the room's home; and Kamailio before the nodes."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring, phone
from tests.e2e.hearing import assert_hears, newest
from tests.e2e.logins import extension, login, new_name
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.satellite.conftest import PATIENCE_S, eventually, host, wait_for_nodes
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.chromium import chromium
from tests.support.kamailio_front import kamailio_front
from tests.support.server import Server
from tests.support.sipp_phone import SippPhone
from tests.support.tones import TONES_HZ, tone, write_wav

__all__ = ["phone"]

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
A_HZ, B_HZ, C_HZ = TONES_HZ[:3]
TALK_S = 40
SCENARIO = Path(__file__).parents[1] / "support" / "sipp_caller.xml"
HEARS_S = 3.0


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, nodes: list[Server]) -> Iterator[str]:
    """Kamailio's address."""
    with (
        host("10.99.0.9") as address,
        kamailio_front(tmp_path_factory.mktemp("front"), address, nodes) as running,
    ):
        yield running


def hears(ear: Callable[[], Any], others_hz: tuple[float, ...], own_hz: float) -> None:
    """Wait until a phone's last seconds have the tones of all others, and not its own."""

    def look() -> bool:
        try:
            assert_hears(newest(ear(), HEARS_S), others_hz, own_hz)
        except (AssertionError, ValueError):
            return False
        return True

    eventually(look, what=f"{own_hz} Hz hears {others_hz}")


async def test_baresip_sipp_and_chromium_at_three_nodes_hear_each_other(
    nodes: list[Server], phone: Ring, tmp_path: Path
) -> None:
    room = nodes[0].new_room()
    first = phone(A_HZ, codec="PCMU/8000/1")
    await asyncio.to_thread(first.dial, nodes[0].sip_uri(room))
    second = phone(B_HZ, codec="opus/48000/2")
    await asyncio.to_thread(second.dial, nodes[1].sip_uri(room))
    at = f"{nodes[2].host}:{nodes[2].sip_port}"
    values = {"TALK_MS": str(TALK_S * 1000)}
    with SippPhone(tmp_path, SCENARIO, server=at, target=room, tone_hz=C_HZ, values=values) as third:
        microphone = write_wav(tmp_path / "microphone.wav", tone(TONES_HZ[3], 20))
        async with chromium(over_http(nodes[1], room), microphone) as browser:
            await browser.join(trickle=True)
            await asyncio.to_thread(nodes[2].wait_for_participants, room, 4, timeout_s=PATIENCE_S)
            await asyncio.to_thread(hears, first.ear, (B_HZ, C_HZ, TONES_HZ[3]), A_HZ)
            await asyncio.to_thread(hears, second.ear, (A_HZ, C_HZ, TONES_HZ[3]), B_HZ)
            assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (A_HZ, B_HZ, C_HZ), TONES_HZ[3])
            await browser.leave()
        await asyncio.to_thread(nodes[0].wait_for_participants, room, 3, timeout_s=PATIENCE_S)
        assert (await asyncio.to_thread(nodes[1].call, "DELETE", f"/conferences/{room}")).status == 200
        await asyncio.to_thread(third.wait, PATIENCE_S)
    for each in (first, second):
        await asyncio.to_thread(eventually, lambda each=each: each.ended, what="the phone is hung up")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_phone_that_registered_by_kamailio_is_called_from_every_node(
    nodes: list[Server], front: str, phone: Ring, transport: str
) -> None:
    made = extension(nodes[0], new_name("front"))
    account = login(nodes[0], made, transport=transport, proxy=front)
    line = phone(A_HZ, codec="PCMU/8000/1", transport=transport, answers=True, login=account)
    line.wait_for_log("200 OK", what="the phone has registered")
    for number, node in enumerate(nodes):
        room = node.new_room()
        answer = node.call(
            "POST",
            "/calls",
            {
                "destinations": [{"type": "extension", "target_name": made["extension"]}],
                "actions": [action("conference_join", conference_id=room)],
            },
        )
        assert answer.status == 200, answer.body
        nodes[0].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
        wait_until_heard(nodes[1], room)
        assert nodes[0].call("DELETE", f"/conferences/{room}").status == 200
        wait_for_endings(line, number + 1)


def wait_until_heard(node: Server, room: str) -> None:
    (joined,) = node.participants(room)
    eventually(lambda: node.call("GET", f"/conferencecalls/{joined}").json["talking"], what="it is heard")


def wait_for_endings(line: Baresip, count: int) -> None:
    eventually(lambda: line.log.lower().count("session closed") == count, what="the phone is hung up")


def test_kamailio_brings_calls_to_a_node_that_takes_them(
    nodes: list[Server], front: str, phone: Ring
) -> None:
    """Calls of a room come to one node; once that is gone, to another one."""
    room = nodes[0].new_room()
    first, second = (phone(hz, codec="PCMU/8000/1") for hz in (A_HZ, B_HZ))
    for each in (first, second):
        each.dial(f"sip:{room}@{front}")
    nodes[1].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
    hears(first.ear, (B_HZ,), A_HZ)
    hears(second.ear, (A_HZ,), B_HZ)
    first.hang_up()
    nodes[1].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
    second.hang_up()
    nodes[1].wait_for_participants(room, 0, timeout_s=PATIENCE_S)
    nodes[2].kill()
    for hz in TONES_HZ[:6]:
        another, line = nodes[0].new_room(), phone(hz, codec="PCMU/8000/1")
        line.dial(f"sip:{another}@{front}")
        nodes[0].wait_for_participants(another, 1, timeout_s=PATIENCE_S)
        line.hang_up()
    nodes[2].start()
    wait_for_nodes(nodes)
