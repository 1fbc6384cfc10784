"""What grows with the years is read by index: SQLite's plans of the statements that the store really runs."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from mixminus.access.service import AccessService
from mixminus.model.conference import Conference, ConferenceStatus, RoomSettings
from mixminus.model.ids import NIL, ConferenceId, CustomerId, new_id
from mixminus.model.usage import UsageSpan
from mixminus.store.database import Store, Transaction
from mixminus.store.fence import Fence
from mixminus.store.page import Page
from mixminus.store.privacy import Kept
from mixminus.store.tables import calls, conferences
from tests.support.clock import ManualClock
from tests.support.database import ON_POSTGRESQL
from tests.support.statements import Executed, executed

pytestmark = pytest.mark.skipif(ON_POSTGRESQL, reason="plans of PostgreSQL depend on its statistics")

PAGE = Page(100, datetime(2026, 1, 1, tzinfo=UTC))
NOW = datetime(2025, 1, 1, tzinfo=UTC)
CUSTOMER = CustomerId(new_id())
ROOM = Conference(
    id=ConferenceId(new_id()),
    customer_id=CUSTOMER,
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
    direct_hash="",
    settings=RoomSettings(),
    tm_create=NOW,
)
LAST = (NOW.date(), new_id())
OTHER = new_id()


def prune(kind: Kept, tx: Transaction) -> Awaitable[int]:
    return tx.privacy.prune(kind, NOW, 500)


READS: dict[str, Callable[[Transaction], Awaitable[object]]] = {
    "health": lambda tx: tx.conferencecalls.conditions(Fence()),
    "present participants": lambda tx: tx.conferencecalls.present(ROOM.id),
    "a room": lambda tx: tx.conferences.find(ROOM.id),
    "rooms": lambda tx: tx.conferences.page(CUSTOMER, PAGE),
    "calls": lambda tx: tx.calls.page(CUSTOMER, PAGE),
    "activeflows": lambda tx: tx.activeflows.page(CUSTOMER, PAGE),
    "recordings": lambda tx: tx.recordings.page(CUSTOMER, PAGE),
    "recordings of a room": lambda tx: tx.recordings.page(CUSTOMER, PAGE, ("confbridge", ROOM.id)),
    "newest recordings of a room": lambda tx: tx.recordings.of([ROOM.id], conferences),
    "newest recordings of rooms": lambda tx: tx.recordings.of([ROOM.id, OTHER], conferences),
    "newest recordings of calls": lambda tx: tx.recordings.of([ROOM.id, OTHER], calls),
    "active recordings of a room": lambda tx: tx.recordings.active(ROOM.id),
    "transcribes": lambda tx: tx.transcribes.page(CUSTOMER, PAGE),
    "transcribes of a room": lambda tx: tx.transcribes.page(CUSTOMER, PAGE, ("confbridge", ROOM.id)),
    "active transcribes of a room": lambda tx: tx.transcribes.active(CUSTOMER, "confbridge", ROOM.id),
    "participants": lambda tx: tx.conferencecalls.page(CUSTOMER, PAGE),
    "participants of a room": lambda tx: tx.conferencecalls.page(CUSTOMER, PAGE, ROOM.id),
    "rooms at start": lambda tx: tx.conferences.unfinished(),
    "calls at start": lambda tx: tx.calls.unfinished(),
    "groupcalls at start": lambda tx: tx.groupcalls.unfinished(),
    "recordings at start": lambda tx: tx.recordings.unfinished(),
    "transcribes at start": lambda tx: tx.transcribes.unfinished(),
    "activeflows at start": lambda tx: tx.activeflows.running(),
    "webhooks of activeflows at start": lambda tx: tx.activeflow_webhooks.undelivered(),
    "activeflows that wait at start": lambda tx: tx.activeflow_retries.waiting(),
    "what waits for an activeflow": lambda tx: tx.activeflow_retries.head(ROOM.id),
    "how much waits for an activeflow": lambda tx: tx.activeflow_retries.backlog(ROOM.id),
    "undelivered events": lambda tx: tx.webhooks.undelivered(CUSTOMER, 0, 100),
    "sending to activeflows again": lambda tx: tx.activeflow_retries.resend(CUSTOMER, [1, 2], NOW),
    "sending all to activeflows again": lambda tx: tx.activeflow_retries.resend(CUSTOMER, None, NOW),
    "usage by day": lambda tx: tx.usage.report(CUSTOMER, UsageSpan(), "day_room", after=LAST, limit=100),
    "usage of rooms over days": lambda tx: tx.usage.report(
        CUSTOMER, UsageSpan(), "room", after=(None, LAST[1]), limit=100
    ),
    "participants that cost credits": lambda tx: tx.usage.joinings(CUSTOMER),
    "pruning": lambda tx: tx.outbox.prune(PAGE.before, 500),
    "deliveries": lambda tx: tx.webhook_attempts.page(CUSTOMER, 1 << 60, 100),
    "recordings that are too old": lambda tx: tx.recordings.ended_before(NOW, 500),
    "pruning attempts": lambda tx: tx.webhook_attempts.prune(PAGE.before, 500),
    **{f"pruning {kind}": partial(prune, kind) for kind in get_args(Kept)},
    "pruning what was not delivered": lambda tx: tx.webhooks.prune_undelivered(PAGE.before),
}
INDEXES = {
    "health": "ix_conferencecalls_present",
    "present participants": "ix_conferencecalls_present (conference_id=?)",
    "a room": "ix_conferencecalls_present (conference_id=?)",
    "rooms": "ix_conferences_customer_id_tm_create (customer_id=? AND tm_create<?)",
    "calls": "ix_calls_customer_id_tm_create (customer_id=? AND tm_create<?)",
    "participants of a room": "ix_conferencecalls_conference_id_tm_create (conference_id=? AND tm_create<?)",
    "recordings of a room": "ix_recordings_reference_id_tm_create (reference_id=? AND tm_create<?)",
    "newest recordings of a room": "ix_recordings_reference_id_tm_create (reference_id=?)",
    "newest recordings of rooms": "ix_recordings_reference_id_tm_create (reference_id=? AND tm_create>?)",
    "newest recordings of calls": "ix_recordings_reference_id_tm_create (reference_id=? AND tm_create>?)",
    "active recordings of a room": "ix_recordings_reference_id_tm_create (reference_id=?)",
    "transcribes of a room": "ix_transcribes_reference_id_tm_create (reference_id=? AND tm_create<?)",
    "active transcribes of a room": "ix_transcribes_reference_id_tm_create (reference_id=?)",
    "usage by day": "(customer_id=? AND (day,conference_id)<(?,?))",
    "usage of rooms over days": "ix_usage_customer_id_conference_id_day (customer_id=? AND conference_id<?)",
    "participants that cost credits": "ix_conferencecalls_",
    "pruning": "ix_outbox_tm (tm<?)",
    "deliveries": "ix_webhook_attempts_customer_id_event_id (customer_id=? AND event_id<?)",
    "recordings that are too old": "ix_recordings_tm_end (tm_end<?)",
    "pruning attempts": "ix_webhook_attempts_tm (tm<?)",
    **{f"pruning {kind}": f"ix_{kind}_tm_create (tm_create<?)" for kind in get_args(Kept)},
    "webhooks of activeflows at start": "ix_activeflows_with_webhook",
    "activeflows that wait at start": "ix_activeflow_retries_waiting",
    "what waits for an activeflow": "ix_activeflow_retries_waiting (activeflow_id=?)",
    "how much waits for an activeflow": "ix_activeflow_retries_waiting (activeflow_id=?)",
    "undelivered events": "ix_activeflow_retries_customer_id_event_id (customer_id=? AND event_id>?)",
    "sending all to activeflows again": "ix_activeflow_retries_customer_id_event_id (customer_id=?)",
}


def plan(directory: Path, statements: list[Executed]) -> list[str]:
    """Return the steps of the statements' plans; parameters stay parameters, as when the store runs them."""
    with closing(sqlite3.connect(directory / "mixminus.db")) as connection:
        return [
            step
            for statement, parameters in statements
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.fixture
async def stored(store: Store) -> Store:
    """A store with a room: the statements about a room's participants run for rooms that exist."""
    identity, _ = await AccessService(store, ManualClock()).ensure_default("key")
    async with store.transaction() as tx:
        await tx.conferences.add(replace(ROOM, customer_id=identity.customer_id))
    return store


async def planned(store: Store, directory: Path, name: str) -> list[str]:
    with executed() as statements:
        async with store.transaction() as tx:
            await READS[name](tx)
    assert statements
    return plan(directory, statements)


def scans(steps: list[str]) -> list[str]:
    """Return the steps that read a whole table, or a whole index that is not small by what it leaves out."""
    # anon_1 is a page of usage, which is read from an index.
    small = (
        "anon_1",
        "ix_conferencecalls_present",
        "ix_activeflow_retries_waiting",
        "ix_activeflows_with_webhook",
        "CONSTANT ROW",
        "(subquery-1)",
    )
    return [step for step in steps if step.startswith("SCAN ") and not step.endswith(small)]


@pytest.mark.parametrize("name", READS)
async def test_no_table_is_read_whole(stored: Store, tmp_path: Path, name: str) -> None:
    assert scans(await planned(stored, tmp_path, name)) == []


@pytest.mark.parametrize(
    "name",
    [
        "a room",
        "rooms",
        "calls",
        "participants of a room",
        "recordings of a room",
        "newest recordings of a room",
        "transcribes of a room",
    ],
)
async def test_lists_are_not_sorted(stored: Store, tmp_path: Path, name: str) -> None:
    """A page reads as many rows as it returns: the index has them in order."""
    steps = await planned(stored, tmp_path, name)
    of_lists = [step for step in steps if "tm_create<?" in step]
    if name == "newest recordings of a room":
        of_lists = steps
    assert of_lists or name == "a room"
    assert not any("ORDER BY" in step for step in steps[: len(of_lists)])


@pytest.mark.parametrize("name", INDEXES)
async def test_the_index_made_for_it_is_used(stored: Store, tmp_path: Path, name: str) -> None:
    steps = await planned(stored, tmp_path, name)
    assert any(INDEXES[name] in step for step in steps), steps


async def test_plans_hold_with_statistics(stored: Store, tmp_path: Path) -> None:
    """ANALYZE, which an operator may run, makes no plan worse."""
    with closing(sqlite3.connect(tmp_path / "mixminus.db")) as connection:
        connection.executescript("ANALYZE;")
    for name, index in INDEXES.items():
        steps = await planned(stored, tmp_path, name)
        assert any(index in step for step in steps), (name, steps)
