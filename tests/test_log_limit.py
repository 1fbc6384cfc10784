"""Warnings and errors of one kind are a bounded number of lines, and those left out are counted."""

import pytest
import structlog
from structlog.typing import EventDict

from mixminus.log_limit import LINES, WINDOW_S, LogLimit
from tests.support.clock import ManualClock


def logged(
    limit: LogLimit, count: int, *, method: str = "warning", event: str = "it failed"
) -> list[EventDict]:
    """Log an event so many times; return what is written."""
    written = []
    for number in range(count):
        try:
            written.append(limit(None, method, {"part": "sip", "event": event, "number": number}))
        except structlog.DropEvent:
            continue
    return written


@pytest.mark.parametrize("method", ["warning", "error"])
def test_after_a_hundred_in_ten_seconds_the_next_line_has_the_number_of_the_others(method: str) -> None:
    limit = LogLimit(clock := ManualClock())
    assert [each["number"] for each in logged(limit, 1000, method=method)] == list(range(LINES))
    clock.advance(WINDOW_S - 0.1)
    assert logged(limit, 1, method=method) == []
    clock.advance(0.1)
    first, second = logged(limit, 2, method=method)
    assert first["left_out"] == 1000 - LINES + 1
    assert "left_out" not in second


def test_other_kinds_and_what_is_no_failure_are_not_limited_with_it() -> None:
    limit = LogLimit(ManualClock())
    logged(limit, 1000)
    assert len(logged(limit, 1, event="something else failed")) == 1
    assert len(logged(limit, 1000, method="info")) == 1000


def test_kinds_without_end_take_bounded_memory() -> None:
    limit = LogLimit(ManualClock())
    assert sum(len(logged(limit, 1, event=f"failure {number}")) for number in range(5000)) == 5000
    assert len(limit._windows) <= 1000
