"""Captions of a slow viewer: texts so far are dropped and counted, final ones are read from the outbox."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from mixminus.clock import SystemClock
from mixminus.delivery.captions import CaptionFeed, CaptionHub
from mixminus.delivery.feed import Backlog, Feed
from mixminus.model.ids import NIL, ConferenceId
from mixminus.store.outbox import Draft
from tests.support.outbox import Outbox

MANY = 200
PARTIAL, FINAL = "transcribe_speech_interim", "transcript_created"


@dataclass
class Room:
    """A viewer of a room, and the outbox that it is fed from."""

    outbox: Outbox
    backlog: Backlog
    counters: Counter[str]
    id: UUID
    viewer: CaptionFeed

    async def say(self, type_: str, *texts: str, room: UUID | None = None) -> None:
        data = {"transcribe_id": "t", "label": "Ann", "direction": "in", "start_s": 1.0, "end_s": 2.0}
        data |= {"conferencecall_id": str(NIL), "call_id": str(NIL)}
        async with self.outbox.store.transaction() as tx:
            for text in texts:
                said = {**data, "id": text, "message": text}
                tx.outbox.add(
                    Draft(room or self.id, type_, self.outbox.customer_id, said, SystemClock().now())
                )


@pytest.fixture
async def room(outbox: Outbox) -> AsyncIterator[Room]:
    counters = Counter[str]()
    feed = Feed(outbox.store, SystemClock(), counters)
    backlog = Backlog(outbox.store, feed)
    hub = CaptionHub(feed, backlog, counters)
    await feed.start()
    id_ = ConferenceId(await outbox.stream())
    viewer = await hub.open(outbox.customer_id, id_, after=None, partials=True)
    yield Room(outbox, backlog, counters, id_, viewer)
    hub.close(viewer)
    await feed.close()


async def test_slow_viewer_gets_every_final_text_in_order(room: Room) -> None:
    other = await room.outbox.stream()
    for number in range(MANY):
        await room.say(PARTIAL, f"so far {number}")
        await room.say(FINAL, f"final {number}")
        await room.say(FINAL, "another room", room=other)
    await room.backlog.catch_up()
    texts: list[str] = []
    async with asyncio.timeout(60):
        while not texts or texts[-1] != f"final {MANY - 1}":
            texts += [caption.text for caption in await room.viewer.next()]
    assert [text for text in texts if not text.startswith("so far")] == [
        f"final {number}" for number in range(MANY)
    ]
    assert room.counters["captions.fell_behind"] == 1


async def test_texts_so_far_are_dropped_before_final_ones(room: Room) -> None:
    await room.say(PARTIAL, *(f"so far {number}" for number in range(MANY)))
    await room.backlog.catch_up()
    kept = MANY - room.counters["captions.partials_dropped"]
    assert 0 < kept < MANY
    assert not room.viewer.behind
    texts = [(await room.viewer.next())[0].text for _ in range(kept)]
    assert texts == [f"so far {number}" for number in range(kept)]
