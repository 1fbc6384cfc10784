"""The RFC 3339 setting applies to every resource, event and page token (api.md section 1.3)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mixminus.store.timestamps import TimestampStyle
from tests.support.front import KEY, Front, open_front

RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


COLLECTIONS = (
    "conferences",
    "conferencecalls",
    "calls",
    "recordings",
    "accesskeys",
    "customers",
    "flows",
    "numbers",
    "activeflows",
)


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, style=TimestampStyle.RFC3339) as opened:
        yield opened


def times(shown: Any) -> list[Any]:
    """Return every time in what is shown, however deep."""
    if isinstance(shown, list):
        return [time for each in shown for time in times(each)]
    if not isinstance(shown, dict):
        return []
    here = [value for key, value in shown.items() if key.startswith("tm_") or key == "tm"]
    return here + [time for value in shown.values() for time in times(value)]


async def test_rfc3339_style_applies_to_every_timestamp(front: Front) -> None:
    room = await front.send("POST", "/v1.0/conferences", {"type": "conference"})
    assert (room["tm_update"], room["tm_end"], room["tm_delete"]) == (None, None, None)
    await front.backend.join(await front.backend.room())
    await front.send("POST", f"/v1.0/conferences/{room['id']}/recording_start")
    await front.send("POST", "/v1.0/accesskeys", {"expire": 86400})
    await front.send("POST", "/v1.0/flows", {})
    await front.send("POST", "/v1.0/numbers", {"number": "+15550100"})
    await front.send("POST", "/v1.0/activeflows", {"actions": [{"type": "empty"}]})
    for collection in COLLECTIONS:
        page = await front.send("GET", f"/v1.0/{collection}")
        assert page["result"], collection
        for time in times(page):
            assert time is None or RFC3339.match(time), collection
        assert {each["tm_delete"] for each in page["result"]} == {None}, collection
    events = await front.events()
    assert {event["type"].partition("_")[0] for event in events} >= {"conference", "conferencecall", "call"}
    assert all(time is None or RFC3339.match(time) for time in times(events))


async def test_rfc3339_page_tokens_and_both_formats_are_accepted(front: Front) -> None:
    made = [(await front.send("POST", "/v1.0/conferences", {"type": "conference"}))["id"] for _ in range(3)]
    first = await front.send("GET", "/v1.0/conferences?page_size=2")
    token = first["next_page_token"]
    assert RFC3339.match(token)
    assert [room["id"] for room in first["result"]] == made[:0:-1]
    for form in (
        token,
        token.rstrip("Z"),
        token.replace("T", " ").rstrip("Z"),
        token.replace("T", "+").rstrip("Z"),
    ):
        path = f"/v1.0/conferences?page_size=2&page_token={form}&token={KEY}"
        rest = await front.send("GET", path)
        assert [room["id"] for room in rest["result"]] == made[:1], form
