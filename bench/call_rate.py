"""Measure how many calls a second can be set up: ``python -m tests.support.netns python -m bench.call_rate``.

The real server calls SIPp, RATE calls a second for SECONDS by POST /calls; each call is answered, lasts
two seconds, and is hung up by its flow, while a conference of CONFERENCE phones talks. None may be
lost: a call that is not answered or ends unexpectedly, or a phone that drops out of the conference,
ends the measurement with an error. Prints the quantiles from POST to answer, and the share of the
conference's packets that arrived.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.support.netns import ADDRESS, inside
from tests.support.server import MeasuredServer, Server
from tests.support.sipp import Sipp
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

SCENARIO = Path(__file__).with_name("called.xml")
PORT = 15_900
PLACING = 16
TALK_MS = 2_000
FOR_EVER_MS = 3_600_000
JOINS_A_SECOND = 10
PACKETS_A_SECOND = 50
TIME = "%Y-%m-%d %H:%M:%S.%f"


def place(server: Server) -> str:
    """Call SIPp once, and return the call's id."""
    answer = server.call(
        "POST",
        "/calls",
        {
            "destinations": [{"type": "sip", "target": f"called@{ADDRESS}:{PORT}"}],
            "actions": [{"type": "sleep", "option": {"duration": TALK_MS}}],
        },
    )
    if answer.status != 200:
        raise SystemExit(f"the server answered {answer.status}: {answer.body.decode()}")
    return str(answer.json["calls"][0]["id"])


def place_all(server: Server, rate: float, seconds: float) -> list[str]:
    """Place calls on schedule, whether earlier ones are answered or not; a late one is placed at once."""
    begin, placed = time.perf_counter(), []
    with ThreadPoolExecutor(PLACING) as clients:
        for number in range(int(rate * seconds)):
            play_for(begin + number / rate - time.perf_counter())
            placed.append(clients.submit(place, server))
        return [each.result() for each in placed]


def setup_ms(call: dict[str, str]) -> float:
    """Return how long a call took from its creation to its answer; fail if it was lost."""
    if (call["hangup_by"], call["hangup_reason"]) != ("local", "normal"):
        raise SystemExit(f"a call was lost: {call['hangup_by']} {call['hangup_reason']}")
    begin, up = (datetime.strptime(call[name], TIME) for name in ("tm_create", "tm_progressing"))
    return (up - begin).total_seconds() * 1000


def measure(server: Server, rate: float, seconds: float) -> tuple[list[float], float]:
    """Return the setup time of each call, and the actual rate."""
    begin = time.perf_counter()
    placed = place_all(server, rate, seconds)
    really = len(placed) / (time.perf_counter() - begin)
    taken_ms = []
    for call_id in placed:

        def ended(call_id: str = call_id) -> dict[str, str] | None:
            call: dict[str, str] = server.call("GET", f"/calls/{call_id}").json
            return call if call["status"] == "hangup" else None

        taken_ms.append(setup_ms(eventually(ended, timeout_s=60, what="the call is over") or {}))
    return taken_ms, really


@contextmanager
def called(directory: Path, count: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run SIPp for this many calls."""
    program = shutil.which("sipp") or sys.exit("SIPp is missing: apt-get install sip-tester")
    sipp = subprocess.Popen(
        [program, "-sf", str(SCENARIO), "-i", ADDRESS, "-p", str(PORT), "-m", str(count), "-nostdin"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield sipp
    finally:
        sipp.terminate()
        sipp.wait()


@contextmanager
def conference(directory: Path, server: Server, count: int) -> Iterator[str]:
    """Have phones talk in the room whose id this yields; all must still be there at the end."""
    room = server.new_room()
    phones = Sipp(
        directory / "conference",
        target=room,
        server_port=server.sip_port,
        calls=count,
        rate=JOINS_A_SECOND,
        talk_ms=FOR_EVER_MS,
        tone=tone(440.0, 5, sample_rate_hz=8000),
        number=0,
        timeout_s=FOR_EVER_MS // 1000,
    )
    try:
        before = server.wait_for_participants(room, count, timeout_s=60 + count / JOINS_A_SECOND)
        yield room
        if server.participants(room) != before:
            raise SystemExit("a phone dropped out of the conference")
    finally:
        phones.close()


def packets(server: Server) -> float:
    """Return the number of audio packets that the server has received."""
    return server.metrics()["mixminus_rtp_received_total"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--conference", type=int, default=100, help="phones that talk meanwhile")
    options = parser.parse_args()
    if not inside():
        raise SystemExit("run this by `python -m tests.support.netns`")
    count = int(options.rate * options.seconds)
    with tempfile.TemporaryDirectory() as folder, called(Path(folder), count) as sipp:
        most = str(options.conference + 200)
        with (
            MeasuredServer(Path(folder), MIXMINUS_SIP_MAX_CALLS=most) as server,
            conference(Path(folder), server, options.conference),
        ):
            begin, heard = time.perf_counter(), packets(server)
            taken_ms, really = measure(server, options.rate, options.seconds)
            wanted = options.conference * PACKETS_A_SECOND * (time.perf_counter() - begin)
            share = (packets(server) - heard) / wanted if wanted else 1.0
        failed = sipp.wait(60)
    cuts = statistics.quantiles(taken_ms, n=100)
    print(f"{count} calls at {really:.1f} a second, none lost; SIPp says {failed}")
    print(f"from POST to answer: median {statistics.median(taken_ms):.0f} ms, p99 {cuts[98]:.0f} ms")
    print(f"a conference of {options.conference} talked on: {share:.0%} of its packets came")


if __name__ == "__main__":
    main()
