"""GET /events: paging, filter by conference, tenancy, invalid parameters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.front import KEY, Front, open_front
from tests.support.outbox import Outbox


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


@pytest.fixture
async def outbox(front: Front) -> Outbox:
    made = Outbox(front.backend.store, front.backend.clock, front.access, front.backend.customer_id)
    await made.add(count=150)
    return made


@pytest.mark.parametrize(
    ("query", "ids", "next_after"),
    [
        pytest.param("", (1, 100), 100, id="first page"),
        pytest.param("?after=100", (101, 150), 150, id="last page"),
        pytest.param("?after=150", (1, 0), 150, id="nothing new"),
        pytest.param("?after=10&page_size=5", (11, 15), 15, id="small page"),
        pytest.param("?page_size=1000", (1, 100), 100, id="too large"),
        pytest.param("?page_size=0", (1, 100), 100, id="none"),
    ],
)
async def test_pages_are_bounded_and_continue(
    front: Front, outbox: Outbox, query: str, ids: tuple[int, int], next_after: int
) -> None:
    page = await front.send("GET", f"/v1.0/events{query}")
    assert [event["id"] for event in page["result"]] == list(range(ids[0], ids[1] + 1))
    assert page["next_after"] == next_after


async def test_an_event_is_listed_as_soon_as_its_request_is_answered(front: Front) -> None:
    for _ in range(20):
        room = await front.send("POST", "/v1.0/conferences", {"type": "conference"})
        page = await front.send("GET", f"/v1.0/events?conference_id={room['id']}")
        assert page["result"][0]["data"] == room


async def test_events_can_be_filtered_by_conference(front: Front, outbox: Outbox) -> None:
    room = await front.backend.room()
    assert [event["stream_id"] for event in await front.events(f"&conference_id={room.id}")] == [
        str(room.id)
    ] * 2


async def test_events_of_another_customer_are_not_listed(front: Front, outbox: Outbox) -> None:
    _, key = await front.other_customer()
    for query in ("", f"?conference_id={outbox.streams[0]}"):
        page = await front.send("GET", f"/v1.0/events{query}", key=key)
        assert page["result"] == []


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=", "conference_id=1", "page_size=x"])
async def test_an_invalid_parameter_is_rejected(front: Front, query: str) -> None:
    async with front.client.get(f"/v1.0/events?token={KEY}&{query}") as response:
        assert response.status == 400
        assert (await response.json())["error"]["reason"] == "INVALID_REQUEST_PARAMETER"
