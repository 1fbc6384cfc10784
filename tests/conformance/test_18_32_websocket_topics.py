"""32: WebSocket topics are prefixes, ``:*`` is allowed, and a subscription is not acknowledged."""

import pytest

from mixminus.model.conference import ConferencecallStatus
from tests.support.front import Front, heard, next_frame, subscribe


async def test_topic_of_three_parts_selects_a_resource(front: Front) -> None:
    async with front.listen() as ws:
        await subscribe(ws, f"customer_id:{front.backend.customer_id}:conference")
        room = await front.send("POST", "/v1.0/conferences", {"type": "conference"})
        frame = await next_frame(ws)
    assert frame == {"type": "conference_created", "data": room}


@pytest.mark.parametrize(
    ("topic", "brings"),
    [
        pytest.param("conference", {"conference", "conferencecall"}, id="prefix"),
        pytest.param("conference:", {"conference"}, id="colon"),
        pytest.param("conference:*", {"conference"}, id="wildcard"),
        pytest.param("conferencecall:*", {"conferencecall"}, id="participants"),
        pytest.param("call:*", {"call"}, id="calls"),
        pytest.param("*", {"conference", "conferencecall", "call", "cdr", "activeflow"}, id="all"),
        pytest.param("nothing", set(), id="no such resource"),
    ],
)
async def test_topic_selects_resources(front: Front, topic: str, brings: set[str]) -> None:
    async with front.listen() as ws:
        await subscribe(ws, f"customer_id:{front.backend.customer_id}:{topic}")
        room = await front.backend.room()
        (leg,) = await front.backend.join(room)
        (id_,) = await front.backend.joined(room)
        leg.bye()
        await front.backend.participant(id_, ConferencecallStatus.LEAVED)
        # An event that REST returns has been delivered to the sockets.
        await front.events()
        types = [frame["type"] for frame in await heard(ws)]
    assert {type_.partition("_")[0] for type_ in types} == brings


async def test_topic_of_four_parts_selects_one_room(front: Front) -> None:
    wanted, other = await front.backend.room(), await front.backend.room()
    async with front.listen() as ws:
        await subscribe(ws, f"customer_id:{front.backend.customer_id}:conference:{wanted.id}")
        for room in (other, wanted):
            await front.send("DELETE", f"/v1.0/conferences/{room.id}")
        assert (await next_frame(ws))["data"]["id"] == str(wanted.id)


async def test_subscription_is_not_acknowledged(front: Front) -> None:
    async with front.listen() as ws:
        assert await heard(ws) == []
        for type_ in ("subscribe", "unsubscribe"):
            await ws.send_json({"type": type_, "topics": [f"customer_id:{front.backend.customer_id}:call:*"]})
            assert await heard(ws) == []
