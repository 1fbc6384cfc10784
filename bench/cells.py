"""Measure what a cell of many nodes asks of its PostgreSQL: ``python -m bench.cells [--sizes 8,32,64] [--changes 50]``.

The nodes are those of ``tests.support.cells``: the product's leases, leadership and transactions, without audio and HTTP.
*Renewals*: each node renews, looks for dead ones and after the leadership, as it does each 1.5 s. *Changes*: each node changes
rooms of its own, an event each, all nodes at once. CPU is that of PostgreSQL's processes, and of this one, which is all nodes.
"""

import argparse
import asyncio
import os
import random
import time
from typing import Final

import psutil
from tests.support.cells import Cell, open_cell
from tests.support.database import close_server, server

RENEW_S: Final = 1.5
ROUNDS: Final = 20
ROOMS_A_NODE: Final = 2


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def cpu_s() -> tuple[float, float]:
    """Return the CPU time of PostgreSQL and of this process so far, in seconds."""
    main = psutil.Process(server().pid)
    times = [each.cpu_times() for each in (main, *main.children(recursive=True))]
    return sum(each.user + each.system for each in times), time.process_time()


async def renewals(cell: Cell) -> None:
    """Let all nodes renew in turn, as often as ``ROUNDS`` says, on a clock that passes."""
    database, own = cpu_s()
    for _ in range(ROUNDS):
        await cell.step(3)
    spent = [now - before for now, before in zip(cpu_s(), (database, own), strict=True)]
    size = len(cell.nodes)
    each_ms, own_ms = (1000 * each / (ROUNDS * size) for each in spent)
    print(
        f"{size} nodes: a renewal {each_ms:.2f} ms of PostgreSQL's CPU, {own_ms:.2f} ms of the node's; "
        f"{size / RENEW_S:.0f}/s need {100 * each_ms * size / RENEW_S / 1000:.1f} % of a core; {load()}"
    )


async def changes(cell: Cell, count: int) -> None:
    """Let all nodes change their rooms at once."""
    chance = random.Random(1)
    await cell.fill(ROOMS_A_NODE * len(cell.nodes), chance)
    writers = [each for each in cell.nodes if each.rooms]

    async def write(number: int) -> None:
        rooms = sorted(writers[number].rooms)
        for turn in range(count):
            await writers[number].change(rooms[turn % len(rooms)])

    database, own = cpu_s()
    begin_s = time.perf_counter()
    await asyncio.gather(*(write(number) for number in range(len(writers))))
    passed_s = time.perf_counter() - begin_s
    spent = [now - before for now, before in zip(cpu_s(), (database, own), strict=True)]
    written = count * len(writers)
    print(
        f"{len(cell.nodes)} nodes: {written} changes with an event each in {passed_s:.1f} s, {written / passed_s:.0f}/s; each "
        f"{1000 * spent[0] / written:.2f} ms of PostgreSQL's CPU, {1000 * spent[1] / written:.2f} ms of the node's; {load()}"
    )


async def measure(sizes: list[int], count: int) -> None:
    """Measure cells of these sizes, each on a database of its own."""
    for size in sizes:
        async with open_cell(size) as cell:
            await cell.step(3)
            await renewals(cell)
            await changes(cell, count)


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sizes", type=lambda text: [int(each) for each in text.split(",")], default=[8, 32, 64]
    )
    parser.add_argument("--changes", type=int, default=50)
    arguments = parser.parse_args()
    try:
        asyncio.run(measure(arguments.sizes, arguments.changes))
    finally:
        close_server()


if __name__ == "__main__":
    main()
