"""A siege that was stopped goes on with the seeds that it has not sent to their end."""

import time
from dataclasses import replace
from pathlib import Path

from bench.siege.senders import Plan

PLAN = Plan("sip", 100, 1000.0, (1, 2, 3, 4), 60.0)


def test_each_seed_sends_an_equal_part() -> None:
    assert PLAN.a_seed == 25
    assert list(PLAN.left(time.monotonic() + 60)) == [1, 2, 3, 4]


def test_seeds_that_were_finished_are_not_sent_again(tmp_path: Path) -> None:
    plan = replace(PLAN, finished=tmp_path / "finished")
    first = plan.left(time.monotonic() + 60)
    assert [next(first), next(first), next(first)] == [1, 2, 3], (
        "and it is stopped before the third is finished"
    )
    assert list(plan.left(time.monotonic() + 60)) == [3, 4]
    assert list(plan.left(time.monotonic() + 60)) == []


def test_media_packets_and_longer_parts_are_sent_all_the_same(tmp_path: Path) -> None:
    plan = replace(PLAN, finished=tmp_path / "finished")
    assert list(plan.left(time.monotonic() + 60)) == [1, 2, 3, 4]
    assert list(replace(plan, name="media").left(time.monotonic() + 60)) == [1, 2, 3, 4]
    assert list(replace(plan, count=200).left(time.monotonic() + 60)) == [1, 2, 3, 4]


def test_seed_whose_time_is_over_is_not_finished(tmp_path: Path) -> None:
    plan = replace(PLAN, finished=tmp_path / "finished")
    assert list(plan.left(time.monotonic() - 1)) == [1]
    assert next(plan.left(time.monotonic() + 60)) == 1
