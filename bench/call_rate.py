"""How many calls a second are set up: ``python -m tests.support.netns python -m bench.call_rate``.

The real server calls SIPp, RATE calls a second for SECONDS by POST /calls; each is answered, lives
two seconds, and is hung up by its flow. None may be lost: a call that is neither answered nor ended
as it should be ends the measurement with an error. Told are the quantiles from POST to answer.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.support.netns import ADDRESS, inside
from tests.support.server import Server
from tests.support.waiting import eventually, play_for

SCENARIO = Path(__file__).with_name("called.xml")
PORT = 15_900
TALK_MS = 2_000
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
    """Place calls by the clock; one that is late is placed at once."""
    begin, placed = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        play_for(begin + number / rate - time.perf_counter())
        placed.append(place(server))
    return placed


def setup_ms(call: dict[str, str]) -> float:
    """Return how long a call took from its creation to its answer; fail if it was lost."""
    if (call["hangup_by"], call["hangup_reason"]) != ("local", "normal"):
        raise SystemExit(f"a call was lost: {call['hangup_by']} {call['hangup_reason']}")
    begin, up = (datetime.strptime(call[name], TIME) for name in ("tm_create", "tm_progressing"))
    return (up - begin).total_seconds() * 1000


def measure(server: Server, rate: float, seconds: float) -> list[float]:
    placed = place_all(server, rate, seconds)
    taken_ms = []
    for call_id in placed:

        def ended(call_id: str = call_id) -> dict[str, str] | None:
            call: dict[str, str] = server.call("GET", f"/calls/{call_id}").json
            return call if call["status"] == "hangup" else None

        taken_ms.append(setup_ms(eventually(ended, timeout_s=60, what="the call is over") or {}))
    return taken_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    if not inside():
        raise SystemExit("run this by `python -m tests.support.netns`")
    program = shutil.which("sipp") or sys.exit("SIPp is missing: apt-get install sip-tester")
    count = int(options.rate * options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        sipp = subprocess.Popen(
            [program, "-sf", str(SCENARIO), "-i", ADDRESS, "-p", str(PORT), "-m", str(count), "-nostdin"],
            cwd=directory,
            stdout=subprocess.DEVNULL,
        )
        with Server(directory, MIXMINUS_SIP_MAX_CALLS="200") as server:
            taken_ms = measure(server, options.rate, options.seconds)
        failed = sipp.wait(60)
    cuts = statistics.quantiles(taken_ms, n=100)
    print(f"{count} calls at {options.rate:g} a second, none lost; SIPp says {failed}")
    print(f"from POST to answer: median {statistics.median(taken_ms):.0f} ms, p99 {cuts[98]:.0f} ms")


if __name__ == "__main__":
    main()
