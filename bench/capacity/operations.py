"""CPU of single operations in the whole server: ``python -m bench.capacity.operations --help``.

Joins and hang-ups of phones, kicks, calls that the server makes, and joins by WHIP: each operation is done COUNT
times, RATE a second, in one room that nobody talks in. What the server used beyond its CPU at rest, mixing left out,
is divided by the number of operations.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiortc import AudioStreamTrack, RTCPeerConnection, RTCSessionDescription
from tests.support.postgresql import PostgreSQL

from bench.capacity.callee import Callee
from bench.capacity.calls import Call, Callers, CallState
from bench.capacity.codecs import CODECS
from bench.capacity.plan import CodecName
from bench.capacity.processes import cpu_percent, read_cpu
from bench.capacity.server import HOST, Server, ServerFailed
from bench.capacity.setup import all_cores, allow_files
from bench.capacity.sip_messages import offer

__all__ = ["Operations", "Spent", "main", "table"]

MIXING: Final = "mixing threads"
ROLES: Final = ("main thread", "database", "SIP edge", "SIP workers")
_REST_S: Final = 1.5
_IDLE_S: Final = 3.0
_FIRST: Final = 8
"""Joins before anything is measured: code is loaded, statements are prepared."""
_OTHER_CALLS: Final = 16
Operation = Callable[[int], Coroutine[Any, Any, bool]]
"""Does the operation of a number; returns whether it was done."""


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU of one operation in ms, by role."""

    what: str
    done: int
    by_role: Mapping[str, float]

    @property
    def total_ms(self) -> float:
        return sum(self.by_role.values())


@dataclass
class Operations:
    """A server with a room, its phones, and what each operation has cost."""

    server: Server
    room: str
    callers: Callers
    callee: Callee
    rate: float
    spent: list[Spent] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    browsers: list[tuple[RTCPeerConnection, str]] = field(default_factory=list)
    idle: dict[str, float] = field(default_factory=dict)
    present: list[str] = field(default_factory=list)
    """Participants to be kicked."""

    async def measure(self, what: str, count: int, one: Operation) -> None:
        """Do an operation ``count`` times, and note its CPU."""
        await self.rest()
        before, begin = read_cpu(self.server.pid), time.monotonic()
        done = await self.repeat(count, one)
        await asyncio.sleep(_REST_S)
        seconds = time.monotonic() - begin
        used = cpu_percent(before, read_cpu(self.server.pid), seconds)
        by_role = {
            role: (percent - self.idle.get(role, 0.0)) / 100 * seconds * 1000 / max(1, done)
            for role, percent in used.items()
            if role != MIXING
        }
        self.spent.append(Spent(what, done, by_role))

    async def rest(self) -> None:
        """Measure the server at rest, with the participants that it has now."""
        await asyncio.sleep(_REST_S)
        before, begin = read_cpu(self.server.pid), time.monotonic()
        await asyncio.sleep(_IDLE_S)
        self.idle = cpu_percent(before, read_cpu(self.server.pid), time.monotonic() - begin)

    async def repeat(self, count: int, one: Operation) -> int:
        """Begin an operation ``rate`` times a second; return how many were done."""
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(count):
                await asyncio.sleep(begin + number / self.rate - time.monotonic())
                tasks.append(group.create_task(one(number)))
        return sum(task.result() for task in tasks)

    async def join(self, number: int) -> bool:
        """Let a phone call the room."""
        codec = CODECS[CodecName.PCMU]
        call = self.callers.call(self.server.room_uri(self.room), offer(codec, HOST, 40_000, levels=False))
        self.calls.append(call)
        await call.set_up()
        return call.state is CallState.ANSWERED

    async def hang_up(self, number: int) -> bool:
        """Let the phone that called last hang up."""
        call = self.calls.pop()
        await call.hang_up()
        return call.state is CallState.ENDED

    async def kick(self, number: int) -> bool:
        """Remove a participant, whose call ends then."""
        await self.request("DELETE", f"/conferencecalls/{self.present[number]}")
        return True

    async def dial(self, number: int) -> bool:
        """Let the server call a phone, which answers, into the room."""
        host, port = self.callee.address
        join = {"type": "conference_join", "option": {"conference_id": self.room}}
        target = {"type": "sip", "target": f"called@{host}:{port}"}
        await self.request("POST", "/calls", {"destinations": [target], "actions": [join]})
        return True

    async def join_by_whip(self, number: int) -> bool:
        """Let a browser join; it is connected when ICE and DTLS are."""
        browser = RTCPeerConnection()
        browser.addTrack(AudioStreamTrack())
        connected = asyncio.Event()
        browser.on("connectionstatechange", lambda: _note(browser, connected))
        await browser.setLocalDescription(await browser.createOffer())
        path = f"/conferences/{self.room}/whip"
        answer, location = await asyncio.to_thread(self.server.whip, path, browser.localDescription.sdp)
        self.browsers.append((browser, location))
        await browser.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await asyncio.wait_for(connected.wait(), 20.0)
        return True

    async def leave_by_whip(self, number: int) -> bool:
        """Let a browser leave by DELETE of its session."""
        browser, location = self.browsers.pop()
        await asyncio.to_thread(self.server.leave_whip, location)
        await browser.close()
        return True

    async def request(self, method: str, path: str, body: object = None) -> None:
        await asyncio.to_thread(self.server.call, method, path, body)


def _note(browser: RTCPeerConnection, connected: asyncio.Event) -> None:
    if browser.connectionState == "connected":
        connected.set()


async def measure_all(operations: Operations, count: int, browsers: int) -> list[Spent]:
    """Measure each operation in turn; each leaves the room as it was."""
    await operations.repeat(_FIRST, operations.join)
    await operations.measure("a phone joins", count, operations.join)
    await operations.measure("a phone hangs up", count, operations.hang_up)
    await operations.repeat(count, operations.join)
    operations.present = operations.server.room(operations.room)["conferencecall_ids"]
    await operations.measure("kick, and the end of its call", count, operations.kick)
    await operations.measure("POST /calls, answered and in the room", count, operations.dial)
    if operations.callee.answered != count:
        raise ServerFailed(f"{operations.callee.answered} of {count} calls were set up")
    if browsers:
        await operations.measure("a browser joins by WHIP", browsers, operations.join_by_whip)
        await operations.measure("a browser leaves by DELETE", browsers, operations.leave_by_whip)
    return operations.spent


def table(spent: list[Spent]) -> str:
    """Return Markdown: ms of CPU of one operation by role, and of all processes."""
    rows = ["| ms of CPU | done | " + " | ".join((*ROLES, "all")) + " |", "|---" * (len(ROLES) + 3) + "|"]
    for each in spent:
        values = [sum(ms for role, ms in each.by_role.items() if role.startswith(wanted)) for wanted in ROLES]
        rows.append(
            f"| {each.what} | {each.done} | "
            + " | ".join(f"{value:.2f}" for value in (*values, each.total_ms))
            + " |"
        )
    return "\n".join(rows)


@contextmanager
def _database(name: str) -> Iterator[dict[str, str]]:
    """Yield the settings of an empty database."""
    if name == "sqlite":
        yield {}
        return
    postgresql = PostgreSQL()
    try:
        yield {"MIXMINUS_DATABASE_URL": postgresql.create("capacity")}
    finally:
        postgresql.close()


async def run(*, count: int, browsers: int, rate: float, database: str) -> list[Spent]:
    """Start a server, and measure."""
    calls = 2 * count + browsers + _FIRST + _OTHER_CALLS
    allow_files(calls + 8 * browsers)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mixminus-operations-"))
        settings = stack.enter_context(_database(database))
        server = stack.enter_context(
            Server(Path(folder), cores=all_cores(), max_calls=calls, settings=settings)
        )
        room = server.new_room()
        callers = await Callers.open(server.room_uri(room))
        callee = await Callee.open(HOST, offer(CODECS[CodecName.PCMU], HOST, 40_000, levels=False))
        try:
            operations = Operations(server, room, callers, callee, rate)
            return await measure_all(operations, count, browsers)
        finally:
            callee.close()
            callers.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="operations of a kind")
    parser.add_argument("--browsers", type=int, default=20, help="joins by WHIP; 0: none")
    parser.add_argument("--rate", type=float, default=20.0, help="operations a second")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    spent = asyncio.run(
        run(count=options.count, browsers=options.browsers, rate=options.rate, database=options.database)
    )
    print(f"{options.database}, {options.rate:.0f} a second, load average {os.getloadavg()[0]:.1f}\n")
    print(table(spent))


if __name__ == "__main__":
    main()
