"""CPU of single operations in the whole server: ``python -m bench.capacity.operations --help``.

Joins and hang-ups of phones, kicks, calls that the server makes, and joins by WHIP: each operation is done COUNT
times, RATE a second, in one room that nobody talks in. What the server used beyond its CPU at rest, mixing left out,
is divided by the number of operations. Several servers (``--server-python``) do the same at the same time, one
operation each in turn, so that other work on the machine and its caches concern all of them.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.postgresql import PostgreSQL

from bench.capacity.processes import CpuReading, cpu_percent, read_cpu
from bench.capacity.reference import OpusEncode
from bench.capacity.rest import Rest
from bench.capacity.server import Server
from bench.capacity.setup import all_cores, allow_files
from bench.capacity.spent import Spent, table
from bench.capacity.visitors import Visitors

__all__ = ["Measurement", "Waits", "main", "run"]

MIXING: Final = "mixing threads"
_MOST_S: Final = 120.0
_FIRST: Final = 8
"""Joins before anything is measured, at least: code is loaded, statements are prepared."""
_OTHER_CALLS: Final = 16
_FRAMES_AN_OPERATION: Final = 8
_SETTINGS: Final = {"MIXMINUS_MEDIA_TIMEOUT_MS": "3600000"}
"""No phone sends audio: after a minute the server would ask each whether it is there, while others join."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the servers are left alone, in seconds."""

    rest_s: float = 1.5
    """Before they are measured at rest, and after the last operation."""
    idle_s: float = 3.0
    """While they are measured at rest."""


WAITS: Final = Waits()
Operation = Callable[[Visitors], Coroutine[Any, Any, bool]]
"""Does an operation once; returns whether it was done."""
Readings = list[tuple[CpuReading, float]]


class Measurement:
    """Servers that do the same, and what each operation has cost there."""

    def __init__(
        self, sides: Sequence[Visitors], rests: Sequence[Rest], rate: float, waits: Waits = WAITS
    ) -> None:
        self.spent: list[Spent] = []
        self._sides = sides
        self._rests = rests
        self._rate = rate
        self._waits = waits
        self._encode = OpusEncode()

    async def measure(self, what: str, count: int, one: Operation) -> None:
        """Do an operation ``count`` times, and note its CPU."""
        idle = await self._rest()
        before = self._read()
        self._encode.restart()
        done = await self.repeat(count, one)
        await asyncio.sleep(self._waits.rest_s)
        used = self._used(before)
        for side, number, rest, (percents, seconds) in zip(self._sides, done, idle, used, strict=True):
            by_role = {
                role: (percent - rest[0].get(role, 0.0)) / 100 * seconds * 1000 / max(1, number)
                for role, percent in percents.items()
                if role != MIXING
            }
            self.spent.append(Spent(side.name, what, number, by_role, self._encode.ms))

    async def repeat(self, count: int, one: Operation) -> list[int]:
        """Begin an operation ``rate`` times a second at each server; return how many were done at each."""
        begin = time.monotonic()
        tasks: list[list[asyncio.Task[bool]]] = [[] for _ in self._sides]
        async with asyncio.TaskGroup() as group:
            for number in range(count * len(self._sides)):
                await asyncio.sleep(begin + number / self._rate / len(self._sides) - time.monotonic())
                side = number % len(self._sides)
                tasks[side].append(group.create_task(one(self._sides[side])))
                self._encode.encode(_FRAMES_AN_OPERATION)
        return [sum(task.result() for task in each) for each in tasks]

    async def _rest(self) -> list[tuple[dict[str, float], float]]:
        """Measure the servers at rest, with the participants that they have now, once they are."""
        await asyncio.sleep(self._waits.rest_s)
        await asyncio.gather(*(rest.reach(_MOST_S) for rest in self._rests))
        before = self._read()
        await asyncio.sleep(self._waits.idle_s)
        return self._used(before)

    def _read(self) -> Readings:
        return [(read_cpu(side.server.pid), time.monotonic()) for side in self._sides]

    def _used(self, before: Readings) -> list[tuple[dict[str, float], float]]:
        """Return the percent of a core by role since a reading, and the seconds since."""
        return [
            (cpu_percent(reading, now, at_s - begin_s), at_s - begin_s)
            for (reading, begin_s), (now, at_s) in zip(before, self._read(), strict=True)
        ]


async def measure_all(
    sides: Sequence[Visitors], *, count: int, browsers: int, rate: float, present: int, waits: Waits = WAITS
) -> list[Spent]:
    """Measure each operation in turn; each leaves the room as it was, but that called phones stay."""
    rests = await asyncio.gather(*(Rest.of(side.server.pid) for side in sides))
    measurement = Measurement(sides, rests, rate, waits)
    await measurement.repeat(max(_FIRST, present), Visitors.join)
    await measurement.measure("a phone joins", count, Visitors.join)
    await measurement.measure("a phone hangs up", count, Visitors.hang_up)
    await measurement.measure("a phone joins, by a SIP worker that has had calls", count, Visitors.join)
    for side in sides:
        await side.count_present()
    await measurement.measure("kick, and the end of its call", count, Visitors.kick)
    await measurement.measure("POST /calls, answered and in the room", count, Visitors.dial)
    for side in sides:
        side.require_answered(count)
    if browsers:
        await measurement.measure("a browser joins by WHIP", browsers, Visitors.join_by_whip)
        await measurement.measure("a browser leaves by DELETE", browsers, Visitors.leave_by_whip)
    return measurement.spent


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


async def run(
    *,
    count: int,
    browsers: int,
    rate: float,
    database: str,
    present: int = 0,
    pythons: Mapping[str, str] | None = None,
    waits: Waits = WAITS,
) -> list[Spent]:
    """Start the servers, those of these Pythons by name, and measure."""
    pythons = pythons or {"here": sys.executable}
    calls = 2 * count + browsers + max(_FIRST, present) + _OTHER_CALLS
    allow_files((calls + 8 * browsers) * len(pythons))
    sides: list[Visitors] = []
    with ExitStack() as stack:
        for name, python in pythons.items():
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mixminus-operations-"))
            settings = {**_SETTINGS, **stack.enter_context(_database(database))}
            server = stack.enter_context(
                Server(Path(folder), python, cores=all_cores(), max_calls=calls, settings=settings)
            )
            sides.append(await Visitors.of(name, server))
            stack.callback(sides[-1].close)
        return await measure_all(
            sides, count=count, browsers=browsers, rate=rate, present=present, waits=waits
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="operations of a kind")
    parser.add_argument("--browsers", type=int, default=20, help="joins by WHIP; 0: none")
    parser.add_argument("--rate", type=float, default=20.0, help="operations a second at each server")
    parser.add_argument("--present", type=int, default=0, help="phones in the room before; at least 8")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--server-python",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="measure also the mixminus of this Python, in turn with this one's",
    )
    options = parser.parse_args()
    others = dict(each.split("=", 1) for each in options.server_python)
    spent = asyncio.run(
        run(
            count=options.count,
            browsers=options.browsers,
            rate=options.rate,
            database=options.database,
            present=options.present,
            pythons={**others, "here": sys.executable},
        )
    )
    load = os.getloadavg()[0]
    print(
        f"{options.database}, {options.present} in the room, {options.rate:.0f} a second, load average {load:.1f}\n"
    )
    print(table(spent))


if __name__ == "__main__":
    main()
