"""Command line: ``python -m bench.capacity --help``."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.capacity.modes import busy, idle, ramp, storm
from bench.capacity.plan import Background, CodecName, Plan, Rooms
from bench.capacity.report import write_report
from bench.capacity.results import Line
from bench.capacity.setup import Setup, all_cores
from bench.capacity.sip_messages import SipUri
from bench.capacity.table import table, target_table
from bench.capacity.targets import verdicts

__all__ = ["main", "measurements", "parser"]

Measurement = tuple[str, Callable[[Setup], Awaitable[Line]]]

STEPS = {
    CodecName.PCMU: (10, 500, 1000, 1500, 2000),
    CodecName.PCMA: (10, 500, 1000, 1500),
    CodecName.G722: (10, 500, 1000),
    CodecName.OPUS: (10, 100, 300, 500, 700, 900),
}
MAX_TALKERS = 60
PAIR_STEPS = (10, 500, 1000, 2000)
ALL_SECONDS = 8.0
ALL_JOIN_RATE = 50.0
STORM_THERE, STORM_JOIN_RATE, STORM_S = 100, 100.0, 10.0
IDLE_WORKERS, IDLE_S = 250, 15.0
BUSY_PHONES, BUSY_S = 100, 15.0


def cores(text: str) -> frozenset[int]:
    """Parse ``0,2-3``."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def steps(text: str) -> tuple[int, ...]:
    """Parse ``10,100,500``; numbers of phones must grow."""
    found = tuple(map(int, text.split(",")))
    if list(found) != sorted(set(found)) or found[0] < 1:
        raise argparse.ArgumentTypeError("the numbers of phones must grow, as in 10,100,500")
    return found


def talkers(text: str) -> int:
    """Parse a number of talkers; each has a track of its own."""
    if not 0 <= int(text) <= MAX_TALKERS:
        raise argparse.ArgumentTypeError(f"at most {MAX_TALKERS}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Return the parser; each mode has its defaults."""
    made = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    mode = made.add_mutually_exclusive_group()
    mode.add_argument(
        "--all", action="store_true", help="the whole set, for bench/README.md, in about ten minutes"
    )
    mode.add_argument(
        "--ramp", nargs="?", const=(), type=steps, metavar="10,100,500", help="find where quality breaks"
    )
    mode.add_argument("--storm", action="store_true", help="--join-rate phones a second join a talking room")
    mode.add_argument("--idle", action="store_true", help="250 SIP workers and no call")
    mode.add_argument("--busy-loop", action="store_true", help="a busy loop on every core beside the server")
    _add_load(made)
    _add_server(made)
    made.add_argument("--out", type=Path, help="folder for results.json, table.md and SVG plots")
    return made


def _add_load(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--keep-going", action="store_true", help="a ramp measures all numbers, also after one that failed"
    )
    made.add_argument("--phones", type=int, help="number of calls")
    made.add_argument("--codec", type=CodecName, choices=list(CodecName), default=CodecName.PCMU)
    made.add_argument(
        "--rooms", type=Rooms, choices=list(Rooms), default=Rooms.ONE, help="one room, or rooms of two"
    )
    made.add_argument("--talkers", type=talkers, default=3, help="phones with speech in the room")
    made.add_argument(
        "--background",
        type=Background,
        choices=list(Background),
        default=Background.SILENCE,
        help="what the others send: digital silence, noise at -65 dBov, or silence with levels (RFC 6464)",
    )
    made.add_argument("--seconds", type=float, help="duration of a measurement")
    made.add_argument("--join-rate", type=float, help="calls a second")


def _add_server(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--target", type=SipUri.parse, help="call this SIP URI instead of a server started here"
    )
    made.add_argument(
        "--server-pid", type=int, help="process of the target, if its CPU and memory are to be measured"
    )
    made.add_argument(
        "--server-python",
        action="append",
        default=[],
        metavar="[NAME=]PATH",
        help="measure also the mixminus of this Python, line by line in turn",
    )
    made.add_argument("--server-cores", type=cores, default=frozenset({min(all_cores())}))
    made.add_argument("--generator-cores", type=cores, default=frozenset({max(all_cores())}))
    made.add_argument(
        "--unprivileged", action="store_true", help="the server may not have real-time priority"
    )


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def plan_of(options: argparse.Namespace, *, phones: int, seconds: float, join_rate: float) -> Plan:
    """Return the plan of the options, with a mode's defaults."""
    return Plan(
        phones=options.phones or phones,
        codec=options.codec,
        rooms=options.rooms,
        talkers=options.talkers,
        background=options.background,
        seconds=options.seconds or seconds,
        join_rate=options.join_rate or join_rate,
    )


def measurements(options: argparse.Namespace) -> list[Measurement]:
    """Return what is asked for, each with a title."""
    if options.all:
        return list(_all(keep_going=options.keep_going))
    if options.ramp is not None:
        default = PAIR_STEPS if options.rooms is Rooms.PAIRS else STEPS[options.codec]
        plan = plan_of(options, phones=1, seconds=ALL_SECONDS, join_rate=ALL_JOIN_RATE)
        return [_ramp(plan, options.ramp or default, keep_going=options.keep_going)]
    if options.storm:
        plan = plan_of(options, phones=STORM_THERE, seconds=STORM_S, join_rate=STORM_JOIN_RATE)
        return [_storm(plan)]
    if options.idle:
        return [_idle(options.seconds or IDLE_S)]
    if options.busy_loop:
        return [_busy(plan_of(options, phones=BUSY_PHONES, seconds=BUSY_S, join_rate=20))]
    plan = plan_of(options, phones=100, seconds=15, join_rate=40)
    return [_ramp(plan, (plan.phones,))]


def _ramp(plan: Plan, numbers: tuple[int, ...], *, keep_going: bool = False) -> Measurement:
    title = f"{plan.codec}, {'rooms of two' if plan.rooms is Rooms.PAIRS else 'one room'}: {', '.join(map(str, numbers))} phones"
    return title, lambda setup: ramp(setup, plan, numbers, progress, keep_going=keep_going)


def _storm(plan: Plan) -> Measurement:
    title = f"storm: {plan.join_rate:.0f} joins a second for {plan.seconds:.0f} s, {plan.phones} phones there"
    return title, lambda setup: storm(setup, plan, plan.phones, plan.seconds, progress)


def _idle(seconds: float) -> Measurement:
    return f"idle: {IDLE_WORKERS} workers", lambda setup: idle(setup, IDLE_WORKERS, seconds, progress)


def _busy(plan: Plan) -> Measurement:
    title = f"a busy loop on every core, {plan.phones} phones, server unprivileged"
    return title, lambda setup: busy(setup, plan, progress)


def _all(*, keep_going: bool) -> Iterable[Measurement]:
    for codec in (CodecName.PCMU, CodecName.OPUS, CodecName.G722):
        plan = Plan(1, codec, seconds=ALL_SECONDS, join_rate=ALL_JOIN_RATE)
        yield _ramp(plan, STEPS[codec], keep_going=keep_going)
    pairs = Plan(1, rooms=Rooms.PAIRS, seconds=ALL_SECONDS, join_rate=ALL_JOIN_RATE)
    yield _ramp(pairs, PAIR_STEPS, keep_going=keep_going)
    yield _storm(Plan(STORM_THERE, seconds=STORM_S, join_rate=STORM_JOIN_RATE))
    yield _idle(IDLE_S)
    yield _busy(Plan(BUSY_PHONES, seconds=BUSY_S, join_rate=20))


def setups(options: argparse.Namespace) -> list[Setup]:
    """Return the servers to be measured, those of other checkouts first."""
    common = {
        "server_cores": options.server_cores,
        "generator_cores": options.generator_cores,
        "privileged": not options.unprivileged,
    }
    if options.target is not None:
        return [Setup("target", target=options.target, pid=options.server_pid, **common)]
    found = []
    for number, each in enumerate(options.server_python):
        name, equals, path = each.partition("=")
        found.append(
            Setup(name if equals else f"other{number or ''}", python=path if equals else each, **common)
        )
    return [*found, Setup("this", **common)]


async def measure(
    wanted: Iterable[Measurement], servers: Iterable[Setup], write: Callable[[list[Line]], None]
) -> list[Line]:
    """Measure line by line, each on every server in turn; write after each, so that a run may be ended."""
    found = []
    for title, start in wanted:
        for setup in servers:
            progress(f"{title} ({setup.name}) ...")
            found.append(await start(setup))
            write(found)
    return found


def main() -> None:
    """Measure, print the table, and write the files."""
    made = parser()
    options = made.parse_args()
    if options.target is not None and (options.all or options.idle or options.busy_loop):
        made.error("--target measures calls: steady, --ramp or --storm")
    servers = setups(options)
    # As Ctrl-C: what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begin = datetime.now(UTC)

    def write(lines: list[Line]) -> None:
        if options.out is not None:
            write_report(options.out, begin, servers, lines)

    lines = asyncio.run(measure(measurements(options), servers, write))
    print(target_table(verdicts(lines)))
    print(table(lines))
    if options.out is not None:
        progress(f"written to {options.out}: results.json, table.md, *.svg")


if __name__ == "__main__":
    main()
