"""The measurements: steady and growing rooms, a storm of joins, nothing to do, and a machine that is busy."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from bench.capacity.plan import Plan
from bench.capacity.processes import cpu_percent, memory_mb, process_count, read_cpu
from bench.capacity.results import Line, Window
from bench.capacity.rig import Rig
from bench.capacity.setup import Setup, all_cores

__all__ = ["CALLS_PER_WORKER", "busy", "idle", "ramp", "storm"]

Progress = Callable[[str], None]

CALLS_PER_WORKER: Final = 4
"""Of the pjsua2 that the package index has."""
_WORKERS: Final = "SIP workers"
_AT_REST_S: Final = 10.0
_HEARD_GAP_MS: Final = 60
"""A phone's jitter buffer covers less than this; a longer gap is heard."""
_BUSY_LOOP: Final = "while True: pass"


async def ramp(
    setup: Setup, plan: Plan, steps: Sequence[int], progress: Progress, *, keep_going: bool = False
) -> Line:
    """Measure growing numbers of phones, until one misses an aim twice in a row; one step is a steady room.

    With ``keep_going`` all of them are measured.
    """
    windows: list[Window] = []
    good = 0
    notes: list[str] = []
    async with setup.rig(replace(plan, phones=max(steps))) as rig:
        for phones in steps:
            missing = phones - len(rig.calls)
            await rig.join(missing, plan.join_rate)
            await rig.settle()
            window = await _twice_if_bad(rig, progress)
            windows.append(window)
            found = window.shortcomings()
            if found and len(steps) > 1:
                notes.append(f"{phones} phones, after {good} that were good: {', '.join(found)}")
                if not keep_going:
                    break
            else:
                good = phones
    return Line(
        "ramp" if len(steps) > 1 else "steady", setup.name, windows, {"good_phones": float(good)}, notes
    )


async def _twice_if_bad(rig: Rig, progress: Progress) -> Window:
    window = await rig.measure()
    found = window.shortcomings()
    progress(_short(window))
    if found:
        progress(f"    {', '.join(found)}; once more")
        window = await rig.measure()
        progress(_short(window))
    return window


def _short(window: Window) -> str:
    return (
        f"  {window.plan.phones} phones: {window.packets.per_s_min:.2f} packets/s at least,"
        f" delay p99 {window.delay.p99_ms:.0f} ms, server {window.cost.server_total:.1f} % of a core,"
        f" {window.cost.ratio:.2f} times the generator"
    )


async def storm(setup: Setup, plan: Plan, there: int, seconds: float, progress: Progress) -> Line:
    """Let phones join a talking room on all cores; what matters is what those hear that were there before."""
    joining = round(plan.join_rate * seconds)
    async with setup.on_all_cores().rig(replace(plan, phones=there + joining)) as rig:
        await rig.join(there, 20)
        await rig.settle()

        async def join_all() -> None:
            await rig.join(joining, plan.join_rate, pending=joining)
            await rig.settle()

        window = await rig.measure(join_all)
    progress(_short(window))
    packets, joins = window.packets, window.joins
    heard = packets.gap_max_ms > _HEARD_GAP_MS or packets.lost
    return Line(
        "storm",
        setup.name,
        [window],
        {
            "joins_asked_per_s": plan.join_rate,
            "joins_per_s": joins.per_s,
            "setup_p99_ms": joins.setup_p99_ms,
            "cpu_ms_of_a_join": joins.cpu_ms,
            "gap_max_ms": packets.gap_max_ms,
            "phones_that_heard_a_gap": float(packets.phones_with_gap_over_60_ms),
            "packets_lost": float(packets.lost),
        },
        [
            f"{packets.phones_with_gap_over_60_ms} of {packets.phones} phones in the room got nothing for over"
            f" {_HEARD_GAP_MS} ms, {packets.lost} packets lost"
            if heard
            else f"none of the {packets.phones} phones in the room heard a gap",
        ],
    )


async def idle(setup: Setup, workers: int, seconds: float, progress: Progress) -> Line:
    """Measure a server without calls that has this many SIP workers; calls raise those that are not there yet."""
    figures: dict[str, float] = {}
    plan = Plan(phones=workers * CALLS_PER_WORKER)
    async with setup.rig(plan) as rig:
        assert rig.pid is not None
        await asyncio.sleep(_AT_REST_S)
        figures |= await _at_rest(rig.pid, seconds, "at_start")
        if figures["workers_at_start"] < workers:
            progress(
                f"  {figures['workers_at_start']:.0f} workers at the start; {plan.phones} calls raise the others"
            )
            await rig.join(plan.phones, plan.join_rate)
            figures["workers_with_calls"] = float(process_count(rig.pid, _WORKERS))
            await rig.leave()
            await asyncio.sleep(_AT_REST_S)
            figures |= await _at_rest(rig.pid, seconds, "after_calls")
    progress(f"  {figures}")
    return Line("idle", setup.name, [], figures)


async def _at_rest(pid: int, seconds: float, when: str) -> dict[str, float]:
    before, begin = read_cpu(pid), time.monotonic()
    await asyncio.sleep(seconds)
    used = cpu_percent(before, read_cpu(pid), time.monotonic() - begin)
    return {
        f"workers_{when}": float(process_count(pid, _WORKERS)),
        f"cpu_percent_{when}": sum(used.values()),
        f"cpu_percent_of_workers_{when}": used.get(_WORKERS, 0.0),
        f"memory_mb_{when}": sum(memory_mb(pid).values()),
    }


async def busy(setup: Setup, plan: Plan, progress: Progress) -> Line:
    """Measure an unprivileged server on all cores, each of which runs a busy loop at normal priority."""
    async with setup.on_all_cores().unprivileged().rig(plan) as rig:
        await rig.join(plan.phones, plan.join_rate)
        await rig.settle()
        with _busy_loops():
            window = await rig.measure()
    progress(_short(window))
    figures = {
        "tick_late_p99_ms": window.packets.late_p99_ms,
        "tick_late_max_ms": window.packets.late_max_ms,
        "packets_per_s_min": window.packets.per_s_min,
    }
    return Line("busy", setup.name, [window], figures)


@contextmanager
def _busy_loops() -> Iterator[None]:
    """Keep every core busy; in sessions of their own, as other programs of a machine are (sched_autogroup)."""
    loops = [
        subprocess.Popen(
            ["taskset", "-c", str(core), sys.executable, "-c", _BUSY_LOOP], start_new_session=True
        )
        for core in sorted(all_cores())
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
