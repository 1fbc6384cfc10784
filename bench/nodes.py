"""Measure what several servers on one PostgreSQL cost: ``python -m tests.support.netns python -m bench.nodes``.

*Forwarding*: the same requests, in turn at the node that has the room and at another one. *One node*: requests and joins,
in turn at a server that is alone and at one with ``MIXMINUS_CLUSTER_ADDRESS``, each on a database of its own; CPU is that of
the server's processes. *Drain*: calls of a node that drains while they go on, and end one after the other; a lost one is one that the server
ended. *Death*: how long after SIGKILL the last of many rooms is open at another node.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil
from tests.support.database import close_server, postgresql_url
from tests.support.netns import ADDRESS, inside
from tests.support.nodes import running_nodes
from tests.support.raw_phone import RawPhone
from tests.support.server import MeasuredServer, Server
from tests.support.tones import tone
from tests.support.waiting import eventually

WARM_UP: Final = 20
BLOCK: Final = 10
"""Operations of one server before it is the other's turn."""
CLIENTS: Final = 4
TAKEN_OVER_S: Final = 120.0
CALLS_A_ROOM: Final = 4
STAY_S: Final = 30.0
SILENT_MS: Final = "3600000"
"""Most phones send no audio: the server would end their calls."""


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def rename(server: Server, room: str, number: int) -> None:
    """Change a room, wherever it is."""
    answer = server.call("PUT", f"/conferences/{room}", {"name": f"measured {number}"})
    if answer.status != 200:
        raise SystemExit(f"the server answered {answer.status}: {answer.body.decode()}")


def hear(server: Server, room: str, number: int) -> None:
    """Read what is only in the memory of a room's home."""
    assert server.call("GET", f"/conferences/{room}/hears").status == 200, number


def forwarding(nodes: list[Server], requests: int) -> None:
    """Time requests one by one, in turn here and forwarded."""
    room = nodes[0].new_room()
    for title, ask in (("read", hear), ("change", rename)):
        taken_ms: tuple[list[float], list[float]] = ([], [])
        for number in range(WARM_UP + requests):
            for node, times in zip(nodes, taken_ms, strict=True):
                begin_s = time.perf_counter()
                ask(node, room, number)
                if number >= WARM_UP:
                    times.append(1000 * (time.perf_counter() - begin_s))
        here, there = (statistics.median(times) for times in taken_ms)
        added = statistics.median(b - a for a, b in zip(*taken_ms, strict=True))
        tails = [statistics.quantiles(times, n=100)[94] for times in taken_ms]
        print(
            f"{title}: here p50 {here:.2f} p95 {tails[0]:.2f} ms, forwarded p50 {there:.2f} p95 {tails[1]:.2f} ms, "
            f"added (median of pairs) {added:.2f} ms; {load()}"
        )


def cpu_s(server: Server) -> float:
    """Return the CPU time of a server's processes so far, in seconds."""
    main = psutil.Process(server.process.pid)
    times = [each.cpu_times() for each in (main, *main.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def join(server: Server, room: str, _: int) -> None:
    """Join by phone, and hang up."""
    with RawPhone(listens=False, patience_s=30) as phone:
        phone.dial((server.host, server.sip_port), room)


def one_node(servers: list[Server], blocks: int) -> None:
    """Measure the CPU of operations, in turn at a server that is alone and at a node."""
    rooms = [server.new_room() for server in servers]
    for title, act in (("request", rename), ("join and hang-up", join)):
        spent: tuple[list[float], list[float]] = ([], [])
        for block in range(blocks + 1):
            for server, room, used in zip(servers, rooms, spent, strict=True):
                begin_s = cpu_s(server)
                for number in range(BLOCK):
                    act(server, room, block * BLOCK + number)
                if block:  # the first warms up
                    used.append(1000 * (cpu_s(server) - begin_s) / BLOCK)
        alone, node = (statistics.mean(each) for each in spent)
        median = statistics.median(spent[1]) / statistics.median(spent[0])
        print(
            f"{title}: alone {alone:.2f} ms of CPU, a node {node:.2f} ms, ratio {node / alone:.3f} "
            f"(of medians of blocks {median:.3f}); {blocks} blocks of {BLOCK}; {load()}"
        )


def death(nodes: list[Server], rooms: int) -> None:
    """Kill a node, and time until its rooms are open at another."""
    home, other = nodes
    body = {"type": "conference"}
    with ThreadPoolExecutor(CLIENTS) as clients:
        made = list(clients.map(lambda _: home.call("POST", "/conferences", body).json["id"], range(rooms)))
    before = open_rooms(other)
    home.kill()
    begin_s = time.monotonic()
    eventually(
        lambda: open_rooms(other) >= before + rooms,
        timeout_s=TAKEN_OVER_S,
        what="all rooms are open at the other node",
    )
    print(
        f"{rooms} rooms of a killed node were open at another after {time.monotonic() - begin_s:.1f} s; {load()}"
    )
    rename(other, made[-1], 0)


def drain(nodes: list[Server], calls: int) -> None:
    """Drain a node with calls, four in a room; let them end after that, and count those that were lost."""
    home, other = nodes
    rooms = [home.new_room() for _ in range(-(-calls // CALLS_A_ROOM))]
    with ExitStack() as stack:
        phones = [stack.enter_context(RawPhone(patience_s=30, listens=place == 1)) for place in range(calls)]
        for place, phone in enumerate(phones):
            phone.dial((ADDRESS, home.sip_port), rooms[place // CALLS_A_ROOM])
        phones[0].talk(tone(440, 1.0, sample_rate_hz=8000))
        here = home.call("GET", "/nodes").json["here"]
        eventually(lambda: calls_of(other, here) == calls, timeout_s=30, what="all calls are counted")
        heard_from = len(phones[1].arrivals)
        begin_s = time.monotonic()
        assert other.call("POST", f"/nodes/{here}/drain").status == 200
        time.sleep(STAY_S)
        lost = 0
        for phone in reversed(phones):
            if "BYE" in phone.requests():
                lost += 1
                phone.forget()
            phone.hang_up()
        times_s = [each.at_s for each in phones[1].arrivals[heard_from:]]
        gap_ms = 1000 * max(after - before for before, after in itertools.pairwise(times_s))
        eventually(lambda: calls_of(other, here) == 0, timeout_s=60, what="no call is left")
        eventually(lambda: open_rooms(home) == 0, timeout_s=60, what="no room is left")
    kept = sum(other.room(room)["status"] == "progressing" for room in rooms)
    print(
        f"drain of a node with {calls} calls: {lost} lost, longest gap of a listener {gap_ms:.0f} ms; {kept} of {len(rooms)} rooms "
        f"are open at the other node; empty {time.monotonic() - begin_s - STAY_S:.1f} s after the calls began to end; {load()}"
    )


def calls_of(server: Server, node: str) -> int:
    rows = server.call("GET", "/nodes").json["result"]
    return next(int(row["calls"]) for row in rows if row["id"] == node)


def open_rooms(server: Server) -> float:
    return server.metrics()["mixminus_conferences"]


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rooms", type=int, default=1000)
    arguments = parser.parse_args()
    if not inside():
        parser.error("run it in a network of its own: python -m tests.support.netns python -m bench.nodes")
    with ExitStack() as stack:
        stack.callback(close_server)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def folder(name: str) -> Path:
            (directory / name).mkdir()
            return directory / name

        if arguments.blocks:
            with (
                MeasuredServer(
                    folder("alone"), MIXMINUS_DATABASE_URL=postgresql_url(), MIXMINUS_SHARDS="1"
                ) as alone,
                running_nodes([folder("single")], postgresql_url(), MeasuredServer) as (single,),
            ):
                one_node([alone, single], arguments.blocks)
        if arguments.calls:
            with running_nodes(
                [folder("drained"), folder("serving")],
                postgresql_url(),
                MeasuredServer,
                MIXMINUS_SIP_MAX_CALLS=str(arguments.calls + 20),
                MIXMINUS_MEDIA_TIMEOUT_MS=SILENT_MS,
            ) as nodes:
                drain(nodes, arguments.calls)
        with running_nodes([folder("home"), folder("other")], postgresql_url(), MeasuredServer) as nodes:
            if arguments.requests:
                forwarding(nodes, arguments.requests)
            if arguments.rooms:
                death(nodes, arguments.rooms)


if __name__ == "__main__":
    main()
