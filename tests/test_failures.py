"""Pauses between failed attempts, and their end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.errors import Unavailable
from mixminus.failures import Failures

STEADY_S = 10.0


def series(limit: int) -> Failures:
    return Failures(limit=limit, first_pause_s=0.5, max_pause_s=8.0, steady_s=STEADY_S)


def test_pauses_double_up_to_their_limit() -> None:
    failures = series(9)
    assert [failures.pause_s("lost") for _ in range(8)] == [0.5, 1, 2, 4, 8, 8, 8, 8]


@given(st.lists(st.floats(0, 60), max_size=50), st.integers(2, 10))
def test_series_ends_with_its_limit_unless_a_connection_lasts(lasted_s: list[float], limit: int) -> None:
    failures, count = series(limit), 0
    for each_s in lasted_s:
        count = 1 if each_s >= STEADY_S else count + 1
        if count == limit:
            with pytest.raises(Unavailable, match=f"lost \\({limit} attempts\\)"):
                failures.pause_s("lost", lasted_s=each_s)
            return
        assert failures.pause_s("lost", lasted_s=each_s) == min(8.0, 0.5 * 2 ** (count - 1))
