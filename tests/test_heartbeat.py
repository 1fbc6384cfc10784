"""Heartbeats: which children are pinged at which beat, and when one counts as stuck."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from mixminus.heartbeat import BEAT_S, BEATS_AT_REST, MOST_UNANSWERED, PATIENCE, Heartbeat, watch
from tests.support.clock import ManualClock
from tests.support.waiting import until


@dataclass(eq=False)
class Child:
    name: str
    at_rest: bool = False
    answers: bool = True
    pid: int = 0
    heartbeat: Heartbeat = field(default_factory=Heartbeat)


async def beats(children: list[Child], number: int) -> tuple[Counter[str], dict[str, int]]:
    """Run so many beats; return the pings of each child, and the beat at which it was stuck."""
    clock, pings, stuck, beat = ManualClock(), Counter[str](), dict[str, int](), 0
    for child in children:
        child.heartbeat.answered()

    def ping(child: Child) -> None:
        pings[child.name] += 1
        if child.answers:
            child.heartbeat.answered()

    def on_stuck(child: Child) -> None:
        stuck[child.name] = beat
        children.remove(child)

    watching = asyncio.create_task(
        watch(clock, lambda: children, ping=ping, on_stuck=on_stuck, at_rest=lambda child: child.at_rest)
    )
    await until(lambda: clock.has_sleeper(BEAT_S))
    for beat in range(number):  # noqa: B007 -- on_stuck reads it
        await clock.run_cycle(BEAT_S)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return pings, stuck


def test_a_child_is_given_up_after_unanswered_pings_only() -> None:
    heartbeat = Heartbeat(3)
    assert all(heartbeat.beat() for _ in range(30)), "it may load libraries first"
    assert not heartbeat.beat()
    heartbeat.answered()
    assert [heartbeat.beat() for _ in range(4)] == [True, True, True, False]
    heartbeat.answered()
    for _ in range(20):
        assert heartbeat.beat()
        heartbeat.answered()


async def test_children_at_rest_are_pinged_in_turn_and_others_at_each_beat() -> None:
    resting = [Child(f"resting {number}", at_rest=True) for number in range(BEATS_AT_REST)]
    pings, stuck = await beats([Child("busy"), *resting], 2 * BEATS_AT_REST)
    assert not stuck
    assert pings == {"busy": 2 * BEATS_AT_REST, **{each.name: 2 for each in resting}}


async def test_a_child_at_rest_that_owes_an_answer_is_stuck_soon() -> None:
    children = [Child("busy", answers=False), Child("resting", at_rest=True, answers=False), Child("kept")]
    pings, stuck = await beats(children, BEATS_AT_REST + MOST_UNANSWERED + 1)
    assert stuck["busy"] == MOST_UNANSWERED
    assert MOST_UNANSWERED <= stuck["resting"] <= BEATS_AT_REST + MOST_UNANSWERED
    assert pings["resting"] == MOST_UNANSWERED
    assert set(stuck) == {"busy", "resting"}


@contextmanager
def looping() -> Iterator[int]:
    """Yield the id of a process that is always ready to run."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


async def test_a_child_that_waits_for_a_core_is_given_more_time_and_a_stopped_one_is_not() -> None:
    with looping() as late, looping() as stopped:
        os.kill(stopped, signal.SIGSTOP)
        await until(lambda: psutil.Process(stopped).status() == psutil.STATUS_STOPPED)
        children = [Child("late", answers=False, pid=late), Child("stopped", answers=False, pid=stopped)]
        _, stuck = await beats(children, MOST_UNANSWERED * PATIENCE + 1)
        assert stuck == {"stopped": MOST_UNANSWERED, "late": MOST_UNANSWERED * PATIENCE}
