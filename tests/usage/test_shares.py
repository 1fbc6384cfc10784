"""Stays are divided by days exactly, and each minute that begins is counted once."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from mixminus.model.usage import begun_minutes, shares

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        pytest.param(0, 1, id="the first minute begins with the joining"),
        pytest.param(0.000001, 1, id="a microsecond"),
        pytest.param(60, 1, id="exactly one"),
        pytest.param(60.000001, 2, id="a microsecond more"),
        pytest.param(3600, 60, id="an hour"),
    ],
)
def test_minutes_that_have_begun(seconds: float, minutes: int) -> None:
    assert begun_minutes(NOON, NOON + timedelta(seconds=seconds)) == minutes


@pytest.mark.parametrize(
    ("free_s", "charged"),
    [
        pytest.param(-60, 10, id="all began later"),
        pytest.param(0, 10, id="the first began at this moment"),
        pytest.param(1, 9, id="the first began before"),
        pytest.param(120, 8, id="two began before"),
        pytest.param(6000, 0, id="all began before"),
    ],
)
def test_minutes_that_began_before_a_moment_are_free(free_s: float, charged: int) -> None:
    left = NOON + timedelta(minutes=10)
    assert begun_minutes(NOON, left, NOON + timedelta(seconds=free_s)) == charged


def test_a_stay_over_midnight_is_divided_there() -> None:
    joined = datetime(2026, 11, 29, 23, 58, 30, tzinfo=UTC)
    first, second = shares(joined, joined + timedelta(minutes=3))
    assert (str(first.day), first.duration_us, first.minutes, first.participants) == (
        "2026-11-29",
        90_000_000,
        2,
        1,
    )
    assert (str(second.day), second.duration_us, second.minutes, second.participants) == (
        "2026-11-30",
        90_000_000,
        1,
        0,
    )


def test_a_clock_that_was_set_back_counts_nothing_negative() -> None:
    (share,) = shares(NOON, NOON - timedelta(hours=1))
    assert (share.duration_us, share.minutes) == (0, 1)


def test_shares_of_any_stay_add_up_to_it() -> None:
    chance = random.Random(14)
    for _ in range(500):
        joined = NOON + timedelta(microseconds=chance.randrange(86_400_000_000))
        left = joined + timedelta(microseconds=chance.randrange(3 * 86_400_000_000))
        since = joined + timedelta(microseconds=chance.randrange(-86_400_000_000, 3 * 86_400_000_000))
        found = list(shares(joined, left, since))
        assert sum(each.duration_us for each in found) == (left - joined) // timedelta(microseconds=1)
        assert sum(each.minutes for each in found) == begun_minutes(joined, left)
        assert sum(each.charged for each in found) == begun_minutes(joined, left, since)
        assert sum(each.participants for each in found) == 1
        assert [each.day for each in found] == [
            joined.date() + timedelta(days=number) for number in range(len(found))
        ]
