"""A room with more participants than a node may have of one: others take the rest, and all hear each other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.e2e.hearing import assert_hears
from tests.e2e.test_browser import over_http
from tests.satellite.conftest import PATIENCE_S, PROXY, eventually, host, three_nodes
from tests.support.aiortc_client import AiortcClient
from tests.support.calling import action
from tests.support.kamailio_front import kamailio_front
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.sip_phone import Phone, sdp
from tests.support.tones import TONES_HZ, Pcm, tone
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
SEATS = 3
AMPLITUDE = 2000.0
"""Eight of them are below the limiter."""
HEARS_S = 2.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Three nodes, each with three seats of a room."""
    with three_nodes(tmp_path_factory, MIXMINUS_ROOM_SEATS=str(SEATS)) as servers:
        yield servers


def id_of(node: Server) -> str:
    found: str = node.call("GET", "/nodes").json["here"]
    return found


async def browser(stack: AsyncExitStack, node: Server, room: str, hz: float) -> AiortcClient:
    """Let a browser join through a node."""
    second = tone(hz, 1.0, amplitude=AMPLITUDE)
    client = AiortcClient(over_http(node, room), second=second)
    stack.push_async_callback(client.leave)
    await client.join()
    return client


def node_of(client: AiortcClient) -> str:
    """Return the node that a browser's session names; empty for the room's home."""
    return parse_qs(urlsplit(client.location).query).get("node", [""])[0]


def call(stack: ExitStack, node: tuple[str, int], room: str, hz: float) -> RawPhone:
    """Let a phone call a node, or a proxy, and talk."""
    phone = stack.enter_context(RawPhone(patience_s=PATIENCE_S))
    phone.dial(node, room)
    phone.talk(tone(hz, 1.0, sample_rate_hz=8000, amplitude=AMPLITUDE))
    return phone


async def refusal(node: Server, room: str) -> tuple[int, str]:
    """Return the status and Retry-After that a phone gets which calls a room at a node."""
    caller = await Phone.open(node.sip_port, host=node.host, source=ADDRESS)
    line = caller.call(room)
    line.invite(sdp())
    answer = await line.final()
    line.ack_refusal()
    await caller.close()
    return answer.status_code, answer.header("retry-after")


async def all_hear_all(hearing: dict[float, Callable[[], Awaitable[tuple[Pcm, int]]]]) -> None:
    """Wait until each hears all others, and not itself."""

    async def hears(own_hz: float) -> bool:
        pcm, rate_hz = await hearing[own_hz]()
        try:
            assert_hears((pcm, rate_hz), tuple(hz for hz in hearing if hz != own_hz), own_hz)
        except (AssertionError, ValueError):
            return False
        return True

    for own_hz in hearing:
        await until(lambda own_hz=own_hz: hears(own_hz), within_s=PATIENCE_S)  # type: ignore[misc]


def ear(line: RawPhone) -> Callable[[], Awaitable[tuple[Pcm, int]]]:
    async def hear() -> tuple[Pcm, int]:
        return line.heard(HEARS_S), 8000

    return hear


def ear_of(client: AiortcClient) -> Callable[[], Awaitable[tuple[Pcm, int]]]:
    async def hear() -> tuple[Pcm, int]:
        return await client.hear(HEARS_S), 48_000

    return hear


async def joined(node: Server, room: str, count: int) -> None:
    await asyncio.to_thread(node.wait_for_participants, room, count, timeout_s=PATIENCE_S)


async def test_eight_over_three_nodes_hear_all_others_and_one_more_than_all_seats_is_refused(
    nodes: list[Server],
) -> None:
    home, *others = nodes
    room = home.new_room()
    by_id = {await asyncio.to_thread(id_of, node): node for node in others}
    tones = list(TONES_HZ)
    hearing: dict[float, Callable[[], Awaitable[tuple[Pcm, int]]]] = {}
    async with AsyncExitStack() as stack:
        lines = stack.enter_context(ExitStack())
        for count in range(1, SEATS + 2):
            client = await browser(stack, nodes[count % 3], room, tones[0])
            hearing[tones.pop(0)] = ear_of(client)
            await joined(home, room, count)
            assert bool(node_of(client)) is (count > SEATS), "the home takes them until its seats are taken"
        second = by_id.pop(node_of(client))
        (third,) = by_id.values()
        assert await refusal(home, room) == (503, "5"), "a phone's call cannot be sent on"
        for node in (second, second, third, third):
            line = await asyncio.to_thread(call, lines, (node.host, node.sip_port), room, tones[0])
            hearing[tones.pop(0)] = ear(line)
            await joined(home, room, len(hearing))
        assert len(hearing) == 8
        await all_hear_all(hearing)
        ninth = await browser(stack, second, room, 300.0)
        assert node_of(ninth) == await asyncio.to_thread(id_of, third), "the last seat, wherever it asks"
        await joined(home, room, 9)
        for node in nodes:
            with pytest.raises(ConnectionError, match="ROOM_SEATS_TAKEN"):
                await browser(stack, node, room, 300.0)
            assert (await refusal(node, room))[0] == 503
        assert len(await asyncio.to_thread(home.participants, room)) == 9
        await ninth.leave()
        await joined(home, room, 8)
        await browser(stack, home, room, 300.0)
        await joined(home, room, 9)


async def test_a_call_that_is_ordered_for_a_full_room_is_made_by_a_node_that_has_a_seat(
    nodes: list[Server],
) -> None:
    home, other, third = nodes
    room, target = home.new_room(), home.new_room()
    with ExitStack() as lines:
        for hz in TONES_HZ[:SEATS]:
            await asyncio.to_thread(call, lines, (home.host, home.sip_port), room, hz)
        await joined(home, room, SEATS)
        # The second and the third are made by the node that has made the first: one of them calls its own address.
        for count, (asked, called) in enumerate(((home, home), (third, other), (home, third)), SEATS + 1):
            order = {
                "actions": [action("conference_join", conference_id=room)],
                "destinations": [{"type": "sip", "target": f"{target}@{called.host}:{called.sip_port}"}],
            }
            answer = await asyncio.to_thread(asked.call, "POST", "/calls", order)
            assert answer.status == 200, answer.body
            await joined(other, room, count)
            await joined(other, target, count - SEATS)
        assert home.metrics()["mixminus_cluster_placed_total"] >= 1
        assert home.metrics()["mixminus_cluster_seats_refused_total"] >= 2
        assert other.call("DELETE", f"/conferences/{target}").status == 200
        await joined(home, room, SEATS)


async def test_kamailio_brings_the_calls_of_one_room_to_all_nodes(
    nodes: list[Server], tmp_path: Path
) -> None:
    """Nodes whose seats are taken send them on by 302, and the last is refused."""
    await asyncio.to_thread(seats_at, nodes, 0, 0, 0)
    room = nodes[0].new_room()
    with host(PROXY) as address, kamailio_front(tmp_path, address, nodes) as front, ExitStack() as lines:
        proxy = (front.partition(":")[0], int(front.partition(":")[2]))
        hearing = {}
        for hz in TONES_HZ[: 2 * SEATS + 1]:
            line = await asyncio.to_thread(call, lines, proxy, room, hz)
            hearing[hz] = ear(line)
            await joined(nodes[0], room, len(hearing))
        await all_hear_all(hearing)
        await asyncio.to_thread(seats_at, nodes, 1, SEATS, SEATS)


def seats_at(nodes: Sequence[Server], *expected: int) -> None:
    """Wait until this many calls are at the nodes, in any order; the error lists the calls that have not ended."""

    def calls() -> list[int]:
        shown = nodes[0].call("GET", "/nodes", token=ACCESS_KEY).json["result"]
        return sorted(each["calls"] for each in shown if each["state"] == "serving")

    try:
        eventually(lambda: calls() == sorted(expected), what="one node after the other is filled")
    except AssertionError as error:
        listed = nodes[0].call("GET", "/calls?page_size=100").json["result"]
        running = [
            f"{each['direction']} {each['status']} {each['id']}" for each in listed if not each["hangup_by"]
        ]
        raise AssertionError(f"{calls()} calls, not {sorted(expected)}; not ended: {running}") from error
