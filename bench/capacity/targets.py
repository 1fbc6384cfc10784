"""What the server has to show, and whether a run showed it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.capacity.plan import CodecName, Rooms
from bench.capacity.results import Line, Window

__all__ = ["Verdict", "verdicts"]

GOOD_AT = (
    (CodecName.PCMU, Rooms.ONE, 1500, "1,500 PCMU phones in one room, all good"),
    (CodecName.OPUS, Rooms.ONE, 700, "700 Opus phones in one room, all good"),
    (CodecName.PCMU, Rooms.PAIRS, 2000, "1,000 rooms of two, all good"),
)
RATIO, RATIO_PHONES = 1.6, 500
MEMORY_MB, MEMORY_PHONES = 0.6, 500
IDLE_PERCENT, IDLE_WORKERS = 2.0, 250
TICK_LATE_MS = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was measured, and whether it is met; None if the run does not say."""

    target: str
    server: str
    measured: str
    met: bool | None


def verdicts(lines: Sequence[Line]) -> list[Verdict]:
    """Return a verdict for each target and server; a target that a run says nothing about is left out."""
    found: list[Verdict] = []
    for server in dict.fromkeys(line.server for line in lines):
        own = [line for line in lines if line.server == server]
        found += [
            *_good(server, own),
            *_cost(server, own),
            *_storm(server, own),
            *_idle(server, own),
            *_busy(server, own),
        ]
    return found


def _windows(lines: Iterable[Line], codec: CodecName, rooms: Rooms) -> list[Window]:
    return [
        window
        for line in lines
        if line.mode in {"ramp", "steady"}
        for window in line.windows
        if (window.plan.codec, window.plan.rooms) == (codec, rooms)
    ]


def _good(server: str, lines: Sequence[Line]) -> Iterator[Verdict]:
    for codec, rooms, phones, target in GOOD_AT:
        windows = _windows(lines, codec, rooms)
        good = max((window.plan.phones for window in windows if not window.shortcomings()), default=0)
        tried = max((window.plan.phones for window in windows), default=0)
        if windows:
            # A run that did not try so many, and broke nowhere, says nothing.
            met = True if good >= phones else False if good < tried else None
            yield Verdict(target, server, f"good at {good} phones, of {tried} tried", met)


def _cost(server: str, lines: Sequence[Line]) -> Iterator[Verdict]:
    windows = _windows(lines, CodecName.PCMU, Rooms.ONE)
    for window in windows:
        if window.plan.phones == RATIO_PHONES and window.cost.server:
            target = (
                f"CPU of the whole server at {RATIO_PHONES} PCMU phones at most {RATIO} times the generator's"
            )
            yield Verdict(target, server, f"{window.cost.ratio:.2f}", window.cost.ratio <= RATIO)
    last = next((window for window in reversed(windows) if window.memory is not None), None)
    if last is not None and last.memory is not None and last.memory.max_calls >= MEMORY_PHONES:
        target = f"memory at most {MEMORY_MB} MB a call"
        yield Verdict(
            target, server, f"{last.memory.per_call_mb:.2f} MB", last.memory.per_call_mb <= MEMORY_MB
        )


def _storm(server: str, lines: Sequence[Line]) -> Iterator[Verdict]:
    for line in lines:
        if line.mode == "storm":
            window = line.windows[0]
            refused = window.joins.asked - window.joins.answered
            heard = int(line.figures["phones_that_heard_a_gap"])
            yield Verdict(
                f"{line.figures['joins_asked_per_s']:.0f} joins a second into a room that talks: nobody in it hears a gap",
                server,
                f"{heard} of {window.packets.phones} phones heard one; {line.figures['joins_per_s']:.0f} joins a second,"
                f" {refused} not answered",
                heard == 0 and window.packets.lost == 0 and refused == 0,
            )


def _idle(server: str, lines: Sequence[Line]) -> Iterator[Verdict]:
    for line in lines:
        if line.mode == "idle":
            when = "after_calls" if "workers_after_calls" in line.figures else "at_start"
            used, workers = line.figures[f"cpu_percent_{when}"], line.figures[f"workers_{when}"]
            target = f"{IDLE_WORKERS} workers idle: under {IDLE_PERCENT:g} % of a core"
            yield Verdict(target, server, f"{used:.2f} % with {workers:.0f} workers", used < IDLE_PERCENT)


def _busy(server: str, lines: Sequence[Line]) -> Iterator[Verdict]:
    for line in lines:
        if line.mode == "busy":
            late = line.figures["tick_late_p99_ms"]
            target = f"a busy loop on every core beside an unprivileged server: ticks late by less than {TICK_LATE_MS:g} ms (p99)"
            yield Verdict(target, server, f"{late:.1f} ms", late < TICK_LATE_MS)
