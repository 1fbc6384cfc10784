"""Measure ticks beside busy loops: ``python -m tests.support.netns python -m bench.beside [PARTICIPANTS] [SECONDS]``.

A busy loop at normal priority runs on every core, once in the server's session and once in another one (with
``sched_autogroup_enabled`` nice values count within a session only, sched(7)), while phones (SIPp) talk in a room.
The server runs without any privilege, then with real-time priority if this user may have it. All loops start
before the server: every tick that is counted was beside them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.netns import inside
from tests.support.server import MeasuredServer, Server
from tests.support.sipp import Sipp
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import play_for

ARRIVALS_A_SECOND = 10
TALK_MS = 600_000
AIM_US = 5000
UNPRIVILEGED = ("setpriv", "--bounding-set=-sys_nice", "prlimit", "--rtprio=0:0", "--nice=0:0", "--")
LOOP = (sys.executable, "-c", "while True: pass")


@contextmanager
def busy_loops(*, own_session: bool) -> Iterator[None]:
    """Run a loop on every core, each pinned to it."""
    cores = sorted(os.sched_getaffinity(0))
    loops = [
        subprocess.Popen(["taskset", "--cpu-list", str(core), *LOOP], start_new_session=not own_session)
        for core in cores
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def lateness_us(server: Server) -> dict[str, int]:
    """Return how late ticks began, by quantile; p99 is the upper bound of its bucket."""
    return {
        name.partition('quantile="')[2].rstrip('"}'): int(value)
        for name, value in server.metrics().items()
        if name.startswith("mixminus_tick_lateness_us")
    }


def measure(
    launcher: Sequence[str], participants: int, seconds: float, *, own_session: bool
) -> dict[str, int]:
    """Return the lateness of a new server's ticks while phones talk."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(busy_loops(own_session=own_session))
        server = stack.enter_context(
            MeasuredServer(directory, launcher=launcher, MIXMINUS_SIP_MAX_CALLS=str(participants + 8))
        )
        room = server.new_room()
        phones = Sipp(
            directory / "phones",
            target=room,
            server_port=server.sip_port,
            calls=participants,
            rate=ARRIVALS_A_SECOND,
            talk_ms=TALK_MS,
            tone=tone(TONES_HZ[0], 5, sample_rate_hz=8000),
            number=0,
        )
        stack.callback(phones.close)
        server.wait_for_participants(room, participants, timeout_s=120)
        play_for(seconds)
        return lateness_us(server)


def report(title: str, found: dict[str, int]) -> None:
    met = "met" if found["0.99"] <= AIM_US else "not met"
    print(
        f"{title}: tick lateness p99 under {found['0.99']} us, worst {found['1']} us; under {AIM_US} us: {met}",
        flush=True,
    )


def main() -> None:
    """Measure, and print one line for each privilege and session."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("participants", nargs="?", type=int, default=100)
    parser.add_argument("seconds", nargs="?", type=float, default=30.0)
    arguments = parser.parse_args()
    if not inside():
        parser.error("run it in a network of its own: python -m tests.support.netns python -m bench.beside")
    privileges: dict[str, Sequence[str]] = {"unprivileged": UNPRIVILEGED}
    chrt = shutil.which("chrt")
    if (
        chrt
        and subprocess.run([chrt, "--fifo", "20", "true"], check=False, capture_output=True).returncode == 0
    ):
        privileges["real-time"] = ()
    for name, launcher in privileges.items():
        for own_session in (True, False):
            found = measure(launcher, arguments.participants, arguments.seconds, own_session=own_session)
            report(f"{name}, loops in {'the same' if own_session else 'another'} session", found)


if __name__ == "__main__":
    main()
