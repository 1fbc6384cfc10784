"""Measure API latency while people talk: ``python -m tests.support.netns python -m bench.api_latency``.

Sends sequential requests over one connection to the real server: first empty, then with
PARTICIPANTS phones (SIPp) talking in rooms of ten. Prints the quantiles of both, and their ratios; a
method that the server does not support is skipped and named. Every PUT and PATCH changes something.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.support.netns import inside
from tests.support.server import Answer, MeasuredServer, Server
from tests.support.sipp import Sipp
from tests.support.tones import TONES_HZ, tone

ROOM_SIZE = 10
ARRIVALS_A_SECOND = 10
WARM_UP = 20
TALK_MS = 600_000
BODIES: dict[str, Callable[[int], dict[str, object] | None]] = {
    "GET": lambda _: None,
    "PUT": lambda number: {"name": f"measured {number}", "timeout": 3600},
    "PATCH": lambda number: {"label": f"measured {number}"},
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One method's quantiles, in milliseconds."""

    p50_ms: float
    p99_ms: float


def measure(ask: Callable[[int], Answer], requests: int) -> Reading | None:
    """Time requests one by one; None if the server does not support the method."""
    taken_ms = []
    for number in range(WARM_UP + requests):
        begin = time.perf_counter()
        answer = ask(number)
        if number >= WARM_UP:
            taken_ms.append(1000 * (time.perf_counter() - begin))
        if answer.status == 404 and answer.json["error"]["reason"] == "ROUTE_NOT_FOUND":
            return None
        if answer.status != 200:
            raise SystemExit(f"the server answered {answer.status}: {answer.body.decode()}")
    cuts = statistics.quantiles(taken_ms, n=100)
    return Reading(statistics.median(taken_ms), cuts[98])


def measure_all(server: Server, paths: dict[str, str], requests: int) -> dict[str, Reading]:
    """Measure each method on its path."""
    readings = {}
    for method, path in paths.items():
        sys.stderr.write(f"{method} {path.split('/')[1]} ...\n")
        if reading := measure(lambda n, m=method, p=path: server.call(m, p, BODIES[m](n)), requests):  # type: ignore[misc]
            readings[method] = reading
    return readings


def fill(server: Server, participants: int, directory: Path, stack: ExitStack) -> str:
    """Have phones join rooms and talk; return one participant."""
    rooms = [server.new_room() for _ in range(-(-participants // ROOM_SIZE))]
    voice = tone(TONES_HZ[0], 5, sample_rate_hz=8000)
    for seat, room in enumerate(rooms):
        size = min(ROOM_SIZE, participants - seat * ROOM_SIZE)
        phones = Sipp(
            directory / f"room{seat}",
            target=room,
            server_port=server.sip_port,
            calls=size,
            rate=ARRIVALS_A_SECOND,
            talk_ms=TALK_MS,
            tone=voice,
            number=seat,
        )
        stack.callback(phones.close)
        server.wait_for_participants(room, size, timeout_s=60)
    return server.participants(rooms[0])[0]


def report(title: str, readings: dict[str, Reading], floor: dict[str, Reading]) -> None:
    for method, reading in readings.items():
        ratio = (
            f", {reading.p99_ms / floor[method].p99_ms:.2f} of the empty server's" if method in floor else ""
        )
        print(f"{title}: {method} p50 {reading.p50_ms:.1f} ms, p99 {reading.p99_ms:.1f} ms{ratio}")


def main() -> None:
    """Measure, and print one line for each method and state."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("participants", nargs="?", type=int, default=200)
    parser.add_argument("requests", nargs="?", type=int, default=1000)
    arguments = parser.parse_args()
    if not inside():
        parser.error(
            "run it in a network of its own: python -m tests.support.netns python -m bench.api_latency"
        )
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(
            MeasuredServer(directory, MIXMINUS_SIP_MAX_CALLS=str(arguments.participants + ROOM_SIZE))
        )
        room = f"/conferences/{server.new_room()}"
        empty = measure_all(server, {"GET": room, "PUT": room}, arguments.requests)
        report("empty", empty, {})
        participant = fill(server, arguments.participants, directory, stack)
        paths = {"GET": room, "PUT": room, "PATCH": f"/conferencecalls/{participant}"}
        full = measure_all(server, paths, arguments.requests)
        report(f"{arguments.participants} talking", full, empty | {"PATCH": empty.get("PUT", empty["GET"])})
        if absent := sorted(BODIES.keys() - full.keys()):
            print(f"not routed by this server: {', '.join(absent)}")


if __name__ == "__main__":
    main()
