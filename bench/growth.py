"""Measure how the server grows old: ``python -m tests.support.netns python -m bench.growth [PARTICIPANTS]``.

Fills an SQLite database with ended rooms, the participants that were in them, calls, activeflows and events, all but
fifty rooms deleted; the youngest room has as many former participants as a twentieth of all. Then starts the real
server on it, and times requests, health and pruning, beside those of a server with a hundredth of it.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from tests.support.netns import inside
from tests.support.server import MeasuredServer, Server

from mixminus.store.database import Store, Transaction
from mixminus.store.tables import metadata

REQUESTS = 50
ROUNDS = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ID = "lower(hex(randomblob(16)))"
NIL = "'00000000000000000000000000000000'"
# A minute apart, the newest now; all times are UTC without a zone. Events are a second apart: none is old enough to prune.
TM = "strftime('%Y-%m-%d %H:%M:%f000', 'now', (n - :rows) || ' minutes')"
TM_EVENT = TM.replace("minutes", "seconds")
NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows) "
FILL = {
    "conferences": f"""
        SELECT {ID}, :customer, 'conference', 'terminated', 'old', '', '{{}}', 0, '[]', '[]', {NIL}, {NIL}, 'direct.' || lower(hex(randomblob(6))),
        '{{}}', NULL, {TM}, {TM}, {TM}, CASE WHEN n <= :rows - 50 THEN {TM} END FROM numbers""",
    "calls": f"""
        SELECT {ID}, :customer, {NIL}, {NIL}, :address, :address, 'incoming', 'hangup', '{{}}', 0, {NIL}, {NIL}, '[]',
        'remote', 'normal', NULL, {TM}, {TM}, {TM}, {TM}, CASE WHEN n % 2 THEN {TM} END FROM numbers""",
    "activeflows": f"""
        SELECT {ID}, :customer, {NIL}, 'ended', 'call', {NIL}, {NIL}, {NIL}, 0, '', '', '{{}}', '[]',
        {TM}, {TM}, CASE WHEN n % 2 THEN {TM} END FROM numbers""",
    "conferencecalls": f"""
        SELECT {ID}, :customer,
        CASE WHEN n % 20 THEN (SELECT id FROM conferences WHERE rowid = 1 + n % :rooms) ELSE :youngest END,
        {NIL}, 'call', {NIL}, 'leaved', 'participant', 0, 0, 0.0, 0, '', {TM}, {TM}, {TM}, NULL FROM numbers""",
    "outbox": f"""
        SELECT n, :customer, n, :customer, 'conference_updated', '{{"id": "x", "name": "old"}}', {TM_EVENT}, NULL
        FROM numbers""",
}
ADDRESS = '{"type": "sip", "target": "a@b", "target_name": "", "name": "", "detail": ""}'


def fill(directory: Path, participants: int) -> str:
    """Fill the database of a server that is stopped; return the youngest room."""
    rows = dict.fromkeys(FILL, participants // 2) | {
        "conferences": participants // 5,
        "conferencecalls": participants,
        "outbox": participants,
    }
    with closing(sqlite3.connect(directory / "data" / "mixminus.db")) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("DELETE FROM outbox")
        (customer,) = connection.execute("SELECT id FROM customers").fetchone()
        connection.execute("INSERT OR REPLACE INTO event_streams VALUES (?, ?)", (customer, participants))
        values = {"customer": customer, "address": ADDRESS, "rooms": rows["conferences"], "youngest": ""}
        for table, select in FILL.items():
            columns = ", ".join(metadata.tables[table].columns.keys())
            connection.execute(
                f"INSERT INTO {table} ({columns}) {NUMBERS} {select}", values | {"rows": rows[table]}
            )
            if table == "conferences":
                (values["youngest"],) = connection.execute(
                    "SELECT id FROM conferences ORDER BY tm_create DESC"
                ).fetchone()
        connection.commit()
    return str(UUID(values["youngest"]))


def time_requests(server: Server, youngest: str) -> dict[str, float]:
    """Return the median of each request, in ms."""
    paths = {
        "GET /ping": "/ping",
        "GET /conferences": "/conferences?page_size=100",
        "GET one conference": f"/conferences/{youngest}",
        "GET its participants": f"/conferencecalls?conference_id={youngest}&page_size=100",
        "GET /conferencecalls": "/conferencecalls?page_size=100",
        "GET /calls": "/calls?page_size=100",
        "GET /activeflows": "/activeflows?page_size=100",
        "GET /recordings": "/recordings?page_size=100",
    }
    found = {}
    for name, path in paths.items():
        taken_ms = []
        for _ in range(REQUESTS):
            begin = time.perf_counter()
            answer = server.request("GET", path) if name == "GET /ping" else server.call("GET", path)
            taken_ms.append(1000 * (time.perf_counter() - begin))
            assert answer.status == 200, (path, answer.status, answer.body)
        found[name] = statistics.median(taken_ms)
    return found


async def time_store(directory: Path) -> dict[str, float]:
    """Return the median of what the server does by itself, in ms, each in a transaction of its own."""
    store = Store(f"sqlite+aiosqlite:///{directory / 'data' / 'mixminus.db'}")
    does: dict[str, Callable[[Transaction], Awaitable[object]]] = {
        "health, each 5 s": lambda tx: tx.conferencecalls.conditions(store.fence),
        "prune, nothing old": lambda tx: tx.outbox.prune(LONG_AGO, 500),
        "webhooks of activeflows, at start": lambda tx: tx.activeflow_webhooks.undelivered(),
        "unfinished rooms and calls, at start": _unfinished,
    }
    found = {}
    for name, do in does.items():
        taken_ms = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            async with store.transaction() as tx:
                await do(tx)
            taken_ms.append(1000 * (time.perf_counter() - begin))
        found[name] = statistics.median(taken_ms)
    await store.close()
    return found


async def _unfinished(tx: Transaction) -> None:
    await tx.conferences.unfinished()
    await tx.calls.unfinished()


def measure(participants: int) -> dict[str, float]:
    """Return every time, in ms, of a server with so many participants in its past."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        MeasuredServer(directory).stop()
        youngest = fill(directory, participants)
        begin = time.perf_counter()
        with MeasuredServer(directory) as server:
            found = {"start": 1000 * (time.perf_counter() - begin)} | time_requests(server, youngest)
        return found | asyncio.run(time_store(directory))


def main() -> None:
    """Measure, and print one line for each operation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("participants", nargs="?", type=int, default=1_000_000)
    arguments = parser.parse_args()
    if not inside():
        parser.error("run it in a network of its own: python -m tests.support.netns python -m bench.growth")
    small, large = measure(arguments.participants // 100), measure(arguments.participants)
    for name, taken_ms in large.items():
        print(f"{name}: {small[name]:.1f} -> {taken_ms:.1f} ms, {taken_ms / small[name]:.2f} times")


if __name__ == "__main__":
    main()
