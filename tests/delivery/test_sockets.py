"""WebSocket clients: resuming, topics, slow and lost clients."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestClient

from mixminus.delivery.connection import Limits
from mixminus.model.access import AgentSpec, CustomerEvent, Identity
from mixminus.model.permissions import Permission
from mixminus.store.database import Store
from tests.support.clock import ManualClock
from tests.support.database import database_url
from tests.support.front import KEY, OPERATOR, Front, heard, next_frame, open_front, subscribe
from tests.support.outbox import Outbox
from tests.support.waiting import until


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


def outbox_of(front: Front) -> Outbox:
    return Outbox(front.backend.store, front.backend.clock, front.access, front.backend.customer_id)


def everything(front: Front) -> str:
    return f"customer_id:{front.backend.customer_id}:*"


async def test_a_client_that_resumes_receives_missed_events_then_live_ones(front: Front) -> None:
    outbox = outbox_of(front)
    await outbox.add("missed", count=250)
    async with front.listen("&after=40") as ws:
        await subscribe(ws, everything(front))
        missed = [await next_frame(ws) for _ in range(210)]
        await outbox.add("live")
        live = await next_frame(ws)
    assert [frame["id"] for frame in missed] == list(range(41, 251))
    assert [frame["number"] for frame in missed] == list(range(41, 251))
    assert (live["id"], live["type"]) == (251, "live")
    assert [*missed, live] == (await front.events())[40:]


async def test_a_client_that_resumes_ahead_of_the_feed_receives_no_event_twice(tmp_path: Path) -> None:
    async with open_front(tmp_path, delivery_clock=ManualClock()) as front:
        # Written by another process: the feed is not notified, and its poll never runs.
        elsewhere = Store(database_url(tmp_path))
        outbox = Outbox(elsewhere, front.backend.clock, front.access, front.backend.customer_id)
        await outbox.add("written elsewhere", count=5)
        async with front.listen("&after=4") as ws:
            await subscribe(ws, everything(front))
            assert (await next_frame(ws))["id"] == 5
            assert await heard(ws) == []
        await elsewhere.close()


async def test_resuming_under_load_leaves_no_gap_and_no_duplicate(front: Front) -> None:
    outbox = outbox_of(front)
    await outbox.add("before", count=50)
    writing = asyncio.gather(*(outbox.add_each(60) for _ in range(5)))

    async def listen(after: int) -> list[int]:
        """Reconnect after a few events each, as a client on a bad network does."""
        ids: list[int] = []
        while len(ids) < 350 - after:
            async with front.listen(f"&after={ids[-1] if ids else after}") as ws:
                await subscribe(ws, everything(front))
                wanted = min(40, 350 - after - len(ids))
                ids += [(await next_frame(ws))["id"] for _ in range(wanted)]
        return ids

    resumed = await asyncio.gather(*(listen(after) for after in (0, 10, 49)))
    await writing
    assert resumed == [list(range(1, 351)), list(range(11, 351)), list(range(50, 351))]


async def test_a_replay_contains_only_subscribed_topics(front: Front) -> None:
    outbox = outbox_of(front)
    await outbox.add("call_hangup", count=3)
    await outbox.add("conference_created")
    async with front.listen("&after=0") as ws:
        await subscribe(ws, f"customer_id:{front.backend.customer_id}:conference:")
        assert (await next_frame(ws))["type"] == "conference_created"
        assert await heard(ws) == []


async def test_resuming_after_a_future_id_starts_with_live_events(front: Front) -> None:
    outbox = outbox_of(front)
    await outbox.add()
    async with front.listen("&after=999999") as ws:
        await subscribe(ws, everything(front))
        await outbox.add("live")
        assert (await next_frame(ws))["id"] == 2


async def test_numbered_frames_are_sent_on_request(front: Front) -> None:
    async with front.listen("&numbered=1") as ws:
        await subscribe(ws, everything(front))
        await outbox_of(front).add("live")
        frame = await next_frame(ws)
    assert list(frame) == ["id", "stream_id", "number", "type", "data"]


async def test_an_event_is_sent_once_if_several_topics_match(front: Front) -> None:
    outbox = outbox_of(front)
    topics = [everything(front), f"customer_id:{front.backend.customer_id}:call"]
    async with front.listen() as ws:
        await subscribe(ws, *topics, *topics)
        await outbox.add("call_hangup")
        assert (await next_frame(ws))["type"] == "call_hangup"
        for topic in topics:
            await ws.send_json({"type": "unsubscribe", "topics": [topic]})
        assert await heard(ws) == []
        await outbox.add("call_hangup")
        await front.send("GET", "/v1.0/events")  # makes the feed read it
        assert await heard(ws) == []


async def test_an_agent_receives_only_its_own_events(front: Front) -> None:
    customer = Identity(front.backend.customer_id, Permission.ALL)
    spec = AgentSpec("ann", "long enough", permission=Permission.CUSTOMER_AGENT)
    agent = await front.access.agents.create(customer, spec)
    token = (await front.access.log_in("ann", "long enough")).token
    own, outbox = f"agent_id:{agent.id}:call:*", outbox_of(front)
    for path in ("ws", "service_agents/ws"):
        async with front.client.ws_connect(f"/v1.0/{path}?token={token}", autoping=False) as ws:
            await subscribe(ws, own)
            await outbox.add("call_hangup", owner_id=str(customer.customer_id))
            await outbox.add("call_hangup", owner_id=str(agent.id))
            assert (await next_frame(ws))["data"]["owner_id"] == str(agent.id)
            await ws.send_json({"type": "subscribe", "topics": [everything(front)]})
            assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_a_customer_receives_no_event_of_another(front: Front) -> None:
    _, key = await front.other_customer()
    async with front.listen(key=key) as ws, front.listen() as own:
        await ws.send_json({"type": "subscribe", "topics": ["customer_id:*"]})
        await subscribe(own, everything(front))
        await outbox_of(front).add()
        assert await next_frame(own)
        assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE


@pytest.mark.parametrize("query", ["&after=", "&after=x", "&after=-1", "&after=1.5", "&after=" + "9" * 30])
async def test_an_invalid_id_is_rejected(front: Front, query: str) -> None:
    async with front.client.get(f"/v1.0/ws?token={KEY}{query}") as response:
        assert response.status == 400
        assert (await response.json())["error"]["reason"] == "INVALID_REQUEST_PARAMETER"


async def test_a_request_without_upgrade_is_rejected(front: Front) -> None:
    async with front.client.get(f"/v1.0/ws?token={KEY}") as response:
        assert response.status == 400


async def test_the_number_of_topics_is_limited(tmp_path: Path) -> None:
    async with open_front(tmp_path, limits=Limits(topics=3)) as front, front.listen() as ws:
        await subscribe(ws, *(f"{everything(front)}{n}" for n in range(3)))
        await ws.send_json({"type": "subscribe", "topics": [everything(front)]})
        message = await ws.receive(timeout=5)
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 1008, "too many topics")


async def test_connections_are_closed_when_the_server_stops(tmp_path: Path) -> None:
    async with open_front(tmp_path) as front:
        ws = await front.listen()
        front.delivery.hub.close()
        message = await ws.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)


async def test_a_client_is_pinged_every_ten_seconds_and_closed_after_sixty_without_pong(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    async with open_front(tmp_path, delivery_clock=clock) as front, front.listen() as ws:
        for _ in range(3):
            await ping(clock, ws)
            await ws.pong()
            await heard(ws)
        for _ in range(5):
            await ping(clock, ws)
        await until(lambda: clock.sleepers == 3)
        clock.advance(10)
        message = await ws.receive(timeout=5)
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 1008, "no pong")
        assert front.delivery.counters["delivery.sockets_silent"] == 1


@pytest.mark.parametrize("fate", ["deleted", "frozen"])
async def test_a_client_with_a_revoked_key_is_closed_at_the_next_ping(tmp_path: Path, fate: str) -> None:
    clock = ManualClock()
    async with open_front(tmp_path, delivery_clock=clock) as front:
        customer_id, key = await front.other_customer()
        async with front.listen(key=key) as ws:
            await ping(clock, ws)
            if fate == "deleted":
                await front.access.keys.renew(customer_id, "key")
            else:
                await front.access.customers.fire(OPERATOR, customer_id, CustomerEvent.FREEZE)
            await until(lambda: clock.sleepers == 3)
            clock.advance(10)
            message = await ws.receive(timeout=5)
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)
            assert message.extra == "the credential is no longer valid"
        assert front.delivery.counters["delivery.sockets_revoked"] == 1


async def ping(clock: ManualClock, ws: Any) -> None:
    """Advance ten seconds and receive the ping."""
    # The feed's poll, the retention, and the connection's ping.
    await until(lambda: clock.sleepers == 3)
    clock.advance(10)
    assert (await ws.receive(timeout=5)).type is WSMsgType.PING


@asynccontextmanager
async def slow_client(front: Front) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client that subscribes to everything and then stops reading, with small socket buffers."""
    assert isinstance(front.client, TestClient)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((front.client.host, front.client.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1024)
    writer.write(
        f"GET /v1.0/ws?token={KEY}&numbered=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    text = orjson.dumps({"type": "subscribe", "topics": [everything(front)]})
    # RFC 6455 section 5.2: FIN and text, masked with zeros, a length of 16 bits.
    writer.write(b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text)
    await writer.drain()
    try:
        yield reader, writer
    finally:
        writer.close()


async def test_a_slow_client_is_closed_with_the_id_to_resume_from(tmp_path: Path) -> None:
    async with open_front(tmp_path, limits=Limits(frames=8)) as front, slow_client(front) as (reader, _):
        outbox = outbox_of(front)
        async with front.listen() as quick:
            await subscribe(quick, everything(front))
            while not front.delivery.counters["delivery.sockets_slow"]:
                await outbox.add("large", text="x" * 50_000)
                assert (await next_frame(quick))["type"] == "large"
            assert front.delivery.counters["delivery.sockets_slow"] == 1
            rest = await asyncio.wait_for(reader.read(-1), 30)
        # The close frame comes last: 1013, and the id of the last event that was sent.
        code, _, reason = rest.rpartition(b"too slow; resume with after=")
        assert int.from_bytes(code[-2:], "big") == 1013
        last_id = int(reason)
        assert f'"id":{last_id},'.encode() in rest
        assert f'"id":{last_id + 1},'.encode() not in rest


async def test_a_client_that_does_not_read_is_aborted_after_the_timeout(tmp_path: Path) -> None:
    limits = Limits(frames=100_000, write_s=0.5, close_s=0.5)
    async with open_front(tmp_path, limits=limits) as front, slow_client(front):
        outbox = outbox_of(front)
        while not front.delivery.counters["delivery.sockets_slow"]:
            await outbox.add("large", text="x" * 500_000)
        await until(lambda: not len(front.delivery.hub))


async def test_topic_of_a_type_of_event_brings_the_bare_resource(front: Front) -> None:
    customer = front.backend.customer_id
    async with front.listen() as bare, front.listen() as wrapped:
        await subscribe(bare, f"customer_id:{customer}:conference:conference_updated")
        await subscribe(wrapped, f"customer_id:{customer}:conference:")
        room = await front.send("POST", "/v1.0/conferences", {"type": "conference"})
        changed = await front.send("PUT", f"/v1.0/conferences/{room['id']}", {"name": "n"})
        assert (await next_frame(bare))["id"] == room["id"]
        frames = [await next_frame(wrapped) for _ in range(2)]
        assert frames[0]["type"] == "conference_created"
        assert changed["name"] == "n"
        assert {frozenset(each) for each in frames} == {frozenset(("type", "data"))}
