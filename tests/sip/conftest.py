"""Phones hang up when a test ends, however it ends."""

from tests.support.closing import everything_is_closed

__all__ = ["everything_is_closed"]
