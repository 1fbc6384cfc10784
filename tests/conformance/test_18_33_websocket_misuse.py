"""33: an invalid topic and a binary frame close a WebSocket, unknown text is ignored, and the server sends pings."""

from pathlib import Path

import pytest
from aiohttp import WSMsgType

from tests.support.clock import ManualClock
from tests.support.front import Front, heard, next_frame, open_front, subscribe
from tests.support.waiting import until

OTHER = "dddddddd-0000-4000-8000-000000000004"


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(f"customer_id:{OTHER}:call", id="another customer's"),
        pytest.param(f"agent_id:{OTHER}:call", id="another agent's"),
        pytest.param("customer_id", id="one part"),
        pytest.param("customer_id:me:call", id="not a UUID"),
        pytest.param("", id="empty"),
    ],
)
async def test_invalid_topic_closes_and_subscribes_to_nothing(front: Front, topic: str) -> None:
    own = f"customer_id:{front.backend.customer_id}:*"
    async with front.listen() as ws:
        await ws.send_json({"type": "subscribe", "topics": [own, topic]})
        message = await ws.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)


async def test_topic_of_another_customer_closes(front: Front) -> None:
    other_id, _ = await front.other_customer()
    async with front.listen() as ws:
        await ws.send_json({"type": "subscribe", "topics": [f"customer_id:{other_id}:conference"]})
        assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE


async def test_binary_frame_closes(front: Front) -> None:
    async with front.listen() as ws:
        await ws.send_bytes(b'{"type":"subscribe","topics":[]}')
        message = await ws.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1003)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "[]",
        "null",
        '{"type":"dance"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","topics":1}',
    ],
)
async def test_unknown_text_is_ignored(front: Front, text: str) -> None:
    async with front.listen() as ws:
        await ws.send_str(text)
        await subscribe(ws, f"customer_id:{front.backend.customer_id}:*")
        await front.backend.room()
        assert (await next_frame(ws))["type"] == "conference_created"


async def test_server_pings_every_ten_seconds(tmp_path: Path) -> None:
    clock = ManualClock()
    async with open_front(tmp_path, delivery_clock=clock) as front, front.listen() as ws:
        for _ in range(3):
            # The tasks that sleep: the feed's poll, the retention and the connection's ping.
            await until(lambda: clock.sleepers == 3)
            clock.advance(9.5)
            await until(lambda: clock.sleepers == 3)
            assert await heard(ws) == []
            clock.advance(0.5)
            assert (await ws.receive(timeout=5)).type is WSMsgType.PING


@pytest.mark.parametrize("path", ["ws", "service_agents/ws"])
async def test_websocket_needs_a_credential(front: Front, path: str) -> None:
    for query, reason in (("", "AUTHENTICATION_REQUIRED"), ("?token=garbage", "INVALID_CREDENTIALS")):
        async with front.client.get(f"/v1.0/{path}{query}") as response:
            assert response.status == 401
            assert (await response.json())["error"]["reason"] == reason
