"""Phones and browsers of other makers, each at a node that is not the room's home; and Kamailio before the nodes."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring, phone
from tests.e2e.hearing import assert_hears, newest
from tests.e2e.logins import extension, login, new_name
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.e2e.test_provider import register, state
from tests.satellite.conftest import PATIENCE_S, PROXY, eventually, host, living, wait_for_nodes, without
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.chromium import chromium
from tests.support.kamailio import ALIAS, NUMBER, provider
from tests.support.kamailio_front import kamailio_front
from tests.support.named import number
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
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kamailio's log."""
    return tmp_path_factory.mktemp("front") / "kamailio.log"


@pytest.fixture(scope="module")
def front(log: Path, nodes: list[Server]) -> Iterator[str]:
    """Kamailio's address."""
    with (
        host(PROXY) as address,
        kamailio_front(log.parent, address, nodes) as running,
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
    for count, node in enumerate(nodes, 1):
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
        wait_for_endings(line, count)


def wait_until_heard(node: Server, room: str) -> None:
    (joined,) = node.participants(room)
    eventually(lambda: node.call("GET", f"/conferencecalls/{joined}").json["talking"], what="it is heard")


def wait_for_endings(line: Baresip, count: int) -> None:
    eventually(lambda: line.log.lower().count("session closed") == count, what="the phone is hung up")


def taken_home(log: Path, room: str) -> int:
    """Return how many calls of a room Kamailio has taken from another node to its home."""
    return log.read_text(errors="replace").count(f"taken to its home: {room}")


def links(nodes: Sequence[Server]) -> float:
    """Return how many rooms have come to have a satellite."""
    return sum(node.metrics().get("mixminus_cluster_links_opened_total", 0.0) for node in nodes)


def at_satellites(nodes: Sequence[Server]) -> float:
    """Return how many participants have their calls at other nodes than their rooms."""
    name = 'mixminus_satellite_participants{leg="here"}'
    return sum(node.metrics().get(name, 0.0) for node in nodes)


def call_by(front: str, line: Baresip, room: str) -> None:
    """Call a room by Kamailio, and wait for the answer for as long as Kamailio may look for a node."""
    line.command("dial", f"sip:{room}@{front}")
    eventually(lambda: "Call established" in line.log, what="the call is answered")


def room_away(nodes: Sequence[Server], front: str, log: Path, line: Baresip) -> str:
    """Call rooms of the first node until a call has come to another node first; return that room."""
    for _ in range(10):
        room = nodes[0].new_room()
        call_by(front, line, room)
        nodes[0].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
        if taken_home(log, room):
            return room
        line.hang_up()
        nodes[0].wait_for_participants(room, 0, timeout_s=PATIENCE_S)
    raise AssertionError("each call has come to its home at once")


def test_kamailio_takes_a_call_from_the_wrong_node_to_the_home(
    nodes: list[Server], front: str, log: Path, phone: Ring, tmp_path: Path
) -> None:
    before = links(nodes)
    first = phone(A_HZ, codec="PCMU/8000/1")
    room = room_away(nodes, front, log, first)
    made = extension(nodes[1], new_name("homing"))
    second = phone(B_HZ, codec="PCMU/8000/1", login=login(nodes[1], made, proxy=front))
    second.wait_for_log("200 OK", what="the phone has registered")
    call_by(front, second, room)
    values = {"TALK_MS": str(TALK_S * 1000)}
    with SippPhone(tmp_path, SCENARIO, server=front, target=room, tone_hz=C_HZ, values=values) as third:
        joined = nodes[2].wait_for_participants(room, 3, timeout_s=PATIENCE_S)
        hears(first.ear, (B_HZ, C_HZ), A_HZ)
        hears(second.ear, (A_HZ, C_HZ), B_HZ)
        assert taken_home(log, room) == 3, "all three"
        assert links(nodes) == before, "all legs are at the home"
        call = nodes[2].call("GET", f"/conferencecalls/{joined[1]}").json["reference_id"]
        source = nodes[0].call("GET", f"/calls/{call}").json["source"]
        assert (source["type"], source["target"]) == ("extension", made["extension"]), "authenticated once"
        assert nodes[1].call("DELETE", f"/conferences/{room}").status == 200
        third.wait(PATIENCE_S)
    for each in (first, second):
        eventually(lambda each=each: each.ended, what="the phone is hung up")  # type: ignore[misc]


def test_a_call_is_answered_where_it_arrives_when_its_home_drains_or_does_not_answer(
    nodes: list[Server], front: str, log: Path, phone: Ring
) -> None:
    first, second, third = (phone(hz, codec="PCMU/8000/1") for hz in (A_HZ, B_HZ, C_HZ))
    room = room_away(nodes, front, log, first)
    home = nodes[0].call("GET", "/nodes").json["here"]
    assert nodes[1].call("POST", f"/nodes/{home}/drain").status == 200
    try:
        eventually(lambda: len(living(nodes[1])) == 2, what="the home drains")
        call_by(front, second, room)
        nodes[1].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        hears(second.ear, (A_HZ,), B_HZ)
    finally:
        assert nodes[1].call("POST", f"/nodes/{home}/undrain").status == 200
    eventually(lambda: nodes[0].request("GET", "/health/ready").status == 200, what="the home serves")
    wait_for_nodes(nodes)
    second.hang_up()
    nodes[1].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
    with without(nodes[0].host):
        call_by(front, third, room)
        nodes[1].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        assert at_satellites(nodes) == 1, "the call is at a satellite"
    hears(third.ear, (A_HZ,), C_HZ)


def test_one_node_registers_with_a_provider_and_the_next_leader_goes_on(
    nodes: list[Server], phone: Ring, tmp_path: Path
) -> None:
    room = nodes[1].new_room()
    number(nodes[1], f"+{NUMBER}", action("conference_join", conference_id=room))
    with provider(tmp_path) as carrier:
        trunk = register(nodes[1], carrier.host)
        eventually(lambda: state(nodes[2], trunk)["registration"] == "registered", what="it is registered")
        leader = next(node for node in nodes if node.host in carrier.registrations[-1])
        leading = f"/nodes/{leader.call('GET', '/nodes').json['here']}"
        assert {node.host for node in nodes if node.host in str(carrier.registrations)} == {leader.host}
        assert nodes[1].call("POST", f"{leading}/drain").status == 200
        try:
            eventually(lambda: leader.host not in carrier.registrations[-1], what="another node registers")
            line = phone(A_HZ, codec="PCMU/8000/1")
            line.dial(f"sip:{ALIAS}@{carrier.host}")
            nodes[1].wait_for_participants(room, 1, timeout_s=PATIENCE_S)
            line.hang_up()
        finally:
            assert nodes[1].call("POST", f"{leading}/undrain").status == 200
        eventually(lambda: leader.request("GET", "/health/ready").status == 200, what="it serves again")
        assert nodes[1].call("DELETE", f"/trunks/{trunk}").status == 200


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
