"""The verdict of a soak: a leak is not taken for warming up, nor the other way round."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from bench.soak.samples import GROWS, LIMITS, Sample, growth

MB_FIRST = 200.0


def run_of(minutes: float, memory_mb: Callable[[float], float]) -> list[Sample]:
    """Return a sample for each ten seconds, with memory as a function of the minute."""
    return [
        Sample(10.0 * n, memory_mb(n / 6), memory_mb(n / 6), 50.0, 140, 20, 8, 1.0, n, n, 1.0)
        for n in range(int(minutes * 6) + 1)
    ]


def verdicts(samples: list[Sample]) -> dict[str, str]:
    return {each.name: each.verdict for each in growth(samples)}


def leaking(minute: float) -> float:
    return MB_FIRST * (1 + 0.005 * minute)


def warming(minute: float) -> float:
    """Reach the working size in seven minutes."""
    return MB_FIRST * (1 + 0.02 * min(minute, 7.0))


def with_garbage(minute: float) -> float:
    """Grow until a full collection, each ten minutes."""
    return MB_FIRST * (1 + 0.02 * (minute % 10))


@pytest.mark.parametrize(
    ("memory_mb", "verdict"), [(leaking, GROWS), (warming, "flat"), (with_garbage, "flat")]
)
def test_half_an_hour_shows_a_leak(memory_mb: Callable[[float], float], verdict: str) -> None:
    found = verdicts(run_of(30, memory_mb))
    assert found["memory_mb"] == found["main_memory_mb"] == verdict
    assert {found[name] for name in LIMITS if name not in ("memory_mb", "main_memory_mb")} == {"flat"}


def test_memory_of_a_short_run_is_not_judged() -> None:
    assert verdicts(run_of(9, warming))["memory_mb"] == "not judged: the run is too short"


def test_threads_of_a_short_run_are_judged() -> None:
    more = [replace(each, threads=20 + number) for number, each in enumerate(run_of(9, warming))]
    assert verdicts(more)["threads"] == GROWS
