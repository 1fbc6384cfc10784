"""A room or call is read with its newest recordings and transcribes: what it costs does not grow with its history."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from mixminus.access.service import AccessService
from mixminus.model.conference import Conference, ConferenceStatus, RoomSettings
from mixminus.model.ids import NIL, ConferenceId, CustomerId, RecordingId, TranscribeId, new_id
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.model.transcription import Transcribe, TranscribeStatus
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page
from mixminus.store.related import NEWEST
from tests.support.clock import ManualClock
from tests.support.database import ON_POSTGRESQL
from tests.support.statements import executed

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
LATER = BEGIN + timedelta(days=1)
OVER = {"recordings": RecordingStatus.ENDED, "transcribes": TranscribeStatus.DONE}
COPY = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, numbers WHERE {table}.id = ?
"""


@pytest.fixture
async def customer_id(store: Store) -> CustomerId:
    identity, _ = await AccessService(store, ManualClock()).ensure_default("key")
    return identity.customer_id


async def room(store: Store, customer_id: CustomerId) -> Conference:
    made = Conference(
        id=ConferenceId(new_id()),
        customer_id=customer_id,
        type="conference",
        status=ConferenceStatus.PROGRESSING,
        name="",
        detail="",
        data={},
        timeout_s=0,
        pre_actions=(),
        post_actions=(),
        pre_flow_id=NIL,
        post_flow_id=NIL,
        conferencecall_ids=(),
        recording_id=NIL,
        recording_ids=(),
        transcribe_id=NIL,
        transcribe_ids=(),
        direct_hash=str(new_id())[:32],
        settings=RoomSettings(),
        tm_create=BEGIN,
    )
    async with store.transaction() as tx:
        await tx.conferences.add(made)
    return made


async def record(store: Store, conference: Conference, count: int) -> list[UUID]:
    """Record a room so many times; the last recording is active. Return the ids, oldest first."""
    made = [
        Recording(
            id=RecordingId(new_id()),
            customer_id=conference.customer_id,
            reference_type="confbridge",
            reference_id=conference.id,
            status=RecordingStatus.ENDED,
            format="wav",
            on_end_flow_id=NIL,
            tm_create=BEGIN + timedelta(seconds=number),
        )
        for number in range(count)
    ]
    made[-1] = replace(made[-1], status=RecordingStatus.RECORDING)
    async with store.transaction() as tx:
        for each in made:
            await tx.recordings.add(each)
    return [each.id for each in made]


async def transcribe(store: Store, conference: Conference, count: int) -> list[UUID]:
    """Transcribe a room so many times; the last transcribe is active. Return the ids, oldest first."""
    made = [
        Transcribe(
            id=TranscribeId(new_id()),
            customer_id=conference.customer_id,
            reference_type="confbridge",
            reference_id=conference.id,
            status=TranscribeStatus.DONE,
            language="en-US",
            direction="both",
            provider="",
            on_end_flow_id=NIL,
            tm_create=BEGIN + timedelta(seconds=number),
        )
        for number in range(count)
    ]
    made[-1] = replace(made[-1], status=TranscribeStatus.PROGRESSING)
    async with store.transaction() as tx:
        for each in made:
            await tx.transcribes.add(each)
    return [each.id for each in made]


async def test_a_room_has_the_newest_in_the_order_of_their_beginning(
    store: Store, customer_id: CustomerId
) -> None:
    conference = await room(store, customer_id)
    recordings = await record(store, conference, NEWEST + 5)
    transcribes = await transcribe(store, conference, NEWEST + 7)
    async with store.snapshot() as tx:
        found = await tx.conferences.find(conference.id)
    assert found is not None
    assert found.recording_ids == tuple(recordings[5:])
    assert found.recording_id == recordings[-1]
    assert found.transcribe_ids == tuple(transcribes[7:])
    assert found.transcribe_id == transcribes[-1]


async def test_rooms_of_a_list_have_each_their_newest(store: Store, customer_id: CustomerId) -> None:
    counts = (NEWEST - 1, NEWEST, NEWEST + 1, 2 * NEWEST + 3, 1)
    rooms = [await room(store, customer_id) for _ in counts]
    bare = await room(store, customer_id)
    recorded = {
        each.id: tuple((await record(store, each, count))[-NEWEST:])
        for each, count in zip(rooms, counts, strict=True)
    }
    async with store.snapshot() as tx:
        found = await tx.conferences.find_all([*recorded, bare.id])
    assert {each.id: each.recording_ids for each in found} == {**recorded, bare.id: ()}
    assert {each.id: each.recording_id for each in found} == {
        **{each: ids[-1] for each, ids in recorded.items()},
        bare.id: NIL,
    }


async def test_rows_of_one_instant_are_no_more_than_the_newest(store: Store, customer_id: CustomerId) -> None:
    """The oldest that is read may share its time with others."""
    rooms = [await room(store, customer_id) for _ in range(2)]
    for conference in rooms:
        await record(store, conference, NEWEST + 5)
    async with store.transaction() as tx:
        for each in await tx.recordings.page(customer_id, Page(3 * NEWEST, LATER)):
            await tx.recordings.save(replace(each, tm_create=BEGIN))
    async with store.snapshot() as tx:
        found = await tx.conferences.find_all([conference.id for conference in rooms])
    assert [len(each.recording_ids) for each in found] == [NEWEST, NEWEST]


async def test_the_active_one_is_found_behind_a_long_history(store: Store, customer_id: CustomerId) -> None:
    conference = await room(store, customer_id)
    recordings = await record(store, conference, 2 * NEWEST)
    transcribes = await transcribe(store, conference, 2 * NEWEST)
    async with store.snapshot() as tx:
        assert [each.id for each in await tx.recordings.active(conference.id)] == recordings[-1:]
        active = await tx.transcribes.active(customer_id, "confbridge", conference.id)
        assert [each.id for each in active] == transcribes[-1:]
        assert await tx.recordings.active(new_id()) == []
        assert await tx.recordings.ended_of(conference.id) == recordings[:-1]


async def test_all_recordings_of_a_room_are_listed_page_by_page(
    store: Store, customer_id: CustomerId
) -> None:
    conference, other = await room(store, customer_id), await room(store, customer_id)
    recordings = await record(store, conference, 250)
    await record(store, other, 3)
    found: list[UUID] = []
    before = LATER
    async with store.snapshot() as tx:
        while page := await tx.recordings.page(customer_id, Page(100, before), ("confbridge", conference.id)):
            found += [each.id for each in page]
            before = page[-1].tm_create
        assert await tx.recordings.page(customer_id, Page(100, LATER), ("call", conference.id)) == []
        foreign = CustomerId(new_id())
        assert await tx.recordings.page(foreign, Page(100, LATER), ("confbridge", conference.id)) == []
    assert found == recordings[::-1]


def instructions(database: Path, statements: list[tuple[str, object]]) -> int:
    """Return how many hundreds of instructions SQLite executes for statements."""
    count = 0

    def counted() -> int:
        nonlocal count
        count += 1
        return 0

    with closing(sqlite3.connect(database)) as connection:
        connection.set_progress_handler(counted, 100)
        for statement, parameters in statements:
            connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]
    return count


def multiply(database: Path, table: str, row_id: UUID, count: int) -> None:
    """Insert copies of a row that are over, each a second older than the one before."""
    with closing(sqlite3.connect(database)) as connection, connection:
        columns = [each[1] for each in connection.execute(f"PRAGMA table_info({table})")]
        values = {
            "id": "lower(hex(randomblob(16)))",
            "status": f"'{OVER[table]}'",
            "tm_create": "strftime('%Y-%m-%d %H:%M:%f000', tm_create, '-' || n || ' seconds')",
        }
        query = COPY.format(
            table=table,
            columns=", ".join(columns),
            values=", ".join(values.get(each, each) for each in columns),
        )
        connection.execute(query, (count, row_id.hex))


READS: dict[str, Callable[[Transaction, Conference, Conference], Awaitable[object]]] = {
    "a room": lambda tx, busy, other: tx.conferences.find(busy.id),
    "rooms": lambda tx, busy, other: tx.conferences.find_all([busy.id, other.id]),
    "active recordings": lambda tx, busy, other: tx.recordings.active(busy.id),
    "active transcribes": lambda tx, busy, other: tx.transcribes.active(
        busy.customer_id, "confbridge", busy.id
    ),
    "page of a room's recordings": lambda tx, busy, other: tx.recordings.page(
        busy.customer_id, Page(100, LATER), ("confbridge", busy.id)
    ),
}


@pytest.mark.skipif(ON_POSTGRESQL, reason="counts the instructions of SQLite")
@pytest.mark.parametrize("name", READS)
async def test_a_long_history_costs_no_more_to_read(
    store: Store, customer_id: CustomerId, tmp_path: Path, name: str
) -> None:
    database = tmp_path / "mixminus.db"
    busy, other = await room(store, customer_id), await room(store, customer_id)
    newest = {
        "recordings": (await record(store, busy, 1))[0],
        "transcribes": (await transcribe(store, busy, 1))[0],
    }
    with executed() as statements:
        async with store.snapshot() as tx:
            await READS[name](tx, busy, other)
    assert statements
    costs = []
    for count in (200, 20_000):
        for table, row_id in newest.items():
            multiply(database, table, row_id, count)
        costs.append(instructions(database, statements))
    for before, after in pairwise(costs):
        assert after <= before + before // 10 + 5
    async with store.snapshot() as tx:
        found = await tx.conferences.find(busy.id)
    assert found is not None
    assert (found.recording_id, len(found.recording_ids)) == (newest["recordings"], NEWEST)
