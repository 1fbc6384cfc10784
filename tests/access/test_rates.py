"""Token buckets in a bounded table."""

import pytest

from mixminus.access.rates import Rate, RateTable


def passing(table: RateTable, asker: str, now_s: float) -> int:
    count = 0
    while not table.admit(asker, now_s):
        count += 1
    return count


@pytest.mark.parametrize(
    ("rate", "burst"), [(10, 20), (200, 400), (1000 / 60, 33), (0.1, 1), (3, 7)], ids=str
)
def test_a_burst_and_then_so_many_a_second(rate: float, burst: int) -> None:
    table = RateTable(Rate(rate, burst), places=10)
    assert passing(table, "a", 5.0) == burst
    assert passing(table, "b", 5.0) == burst
    assert passing(table, "a", 5.0 + 3 / rate) == min(3, burst)
    assert passing(table, "a", 1e6) == burst


def test_a_refusal_says_how_long_to_wait_and_costs_nothing() -> None:
    table = RateTable(Rate(10, 20), places=10)
    passing(table, "a", 0.0)
    assert table.admit("a", 0.0) == pytest.approx(0.1)
    assert table.admit("a", 0.04) == pytest.approx(0.06)
    assert table.admit("a", 0.1) == 0.0


def test_a_full_table_drops_the_client_that_asked_longest_ago() -> None:
    table = RateTable(Rate(1, 1), places=2)
    for asker in ("a", "b", "a"):
        table.admit(asker, 0.0)
    table.admit("c", 0.0)
    assert (len(table), table.forgotten) == (2, 1)
    assert table.admit("b", 100.0) == 0.0
    assert (len(table), table.forgotten) == (2, 1), "a full bucket is no loss"
