"""Keep a server busy for some time: ``python -m tests.support.netns python -m bench.soak --minutes 10 --out FOLDER``.

Samples what all its processes use, writes ``soak.csv`` and ``soak.svg``, and exits with 1 if memory, descriptors,
threads or processes do not stay flat, or if anything failed. A run of less than half an hour is too short to judge memory: it is
shown. So is the database, which keeps a row of each call and event until the retention is over, and grows with the
calls. ``--pace 3`` makes pauses a third as long.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.support.server import MeasuredServer, Server
from tests.support.waiting import play_for

from bench.capacity.plot import Chart, Series, render
from bench.soak.churn import Churn
from bench.soak.samples import GROWS, NAMES, Sample, growth, row, take

_SAMPLE_S: Final = 5.0
_SEED: Final = 1
_KB: Final = 1024
_SHOWN: Final = 8


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=Path("build/soak"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        MeasuredServer(Path(folder), MIXMINUS_SIP_MAX_CALLS="16") as server,
    ):
        samples, failures = soak(server, options.minutes * 60, options.out / "soak.csv", pace=options.pace)
        ended = server.stop()
        tracebacks = server.log.count("Traceback")
    (options.out / "soak.svg").write_text(plot(samples))
    return report(samples, failures, ended=ended, tracebacks=tracebacks)


def soak(server: Server, seconds: float, csv: Path, *, pace: float = 1.0) -> tuple[list[Sample], list[str]]:
    """Keep the server busy; return the samples, which are written as they come, and what failed."""
    samples: list[Sample] = []
    begun_s = time.monotonic()
    with Churn(server, _SEED, pace=pace) as churn, csv.open("w") as file:
        file.write(",".join(NAMES) + "\n")
        while (at_s := time.monotonic() - begun_s) < seconds:
            data = server.directory / "data"
            samples.append(
                take(server.process.pid, data, at_s=at_s, calls=churn.calls, requests=churn.requests)
            )
            file.write(row(samples[-1]) + "\n")
            file.flush()
            play_for(_SAMPLE_S)
    return samples, churn.failures


def plot(samples: Sequence[Sample]) -> str:
    """Return the plots as SVG, over minutes."""

    def series(name: str, text: str) -> Series:
        return Series(text, [(each.at_s / 60, getattr(each, name)) for each in samples])

    memory = [
        series("memory_mb", "all processes"),
        series("main_memory_mb", "main process"),
        series("workers_memory_mb", "SIP workers"),
    ]
    counts = [
        series("descriptors", "descriptors"),
        series("threads", "threads"),
        series("processes", "processes"),
    ]
    return render(
        f"Soak: {samples[-1].calls} calls, {samples[-1].requests} requests, over minutes",
        [
            Chart("allocated memory, MB", "", memory),
            Chart("numbers", "", counts),
            Chart("database with its log, MB", "", [series("database_mb", "database")]),
        ],
    )


def report(samples: Sequence[Sample], failures: Sequence[str], *, ended: int, tracebacks: int) -> int:
    """Print what was measured; return 0 if all is flat and nothing failed."""
    last, flat = samples[-1], True
    for each in growth(samples):
        flat = flat and each.verdict != GROWS
        print(f"{each.name:16} {each.before:9.1f} -> {each.after:9.1f}  {each.share:+.1%}  {each.verdict}")
    grown_kb = (last.database_mb - samples[0].database_mb) * _KB
    print(
        f"{last.calls} calls and {last.requests} requests in {last.at_s / 60:.1f} minutes; "
        f"database {samples[0].database_mb:.1f} -> {last.database_mb:.1f} MB, {grown_kb / max(last.calls, 1):.1f} kB a call; "
        f"failures {len(failures)}, tracebacks {tracebacks}, exit code {ended}; "
        f"load of the machine {min(each.load for each in samples):.1f} to {max(each.load for each in samples):.1f}"
    )
    for failure in failures[:_SHOWN]:
        print(failure)
    return 0 if flat and not failures and not tracebacks and ended == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
