"""How many lines a log has of one kind: what others send to the server must not fill its disk."""

from dataclasses import dataclass
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from mixminus.clock import Clock

__all__ = ["LINES", "WINDOW_S", "LogLimit"]

LINES: Final = 100
WINDOW_S: Final = 10.0
_LIMITED: Final = frozenset({"warning", "error"})
_MAX_KINDS: Final = 1000


@dataclass(slots=True)
class _Window:
    begun_s: float
    lines: int = 0
    left_out: int = 0


class LogLimit:
    """A processor of structlog: of warnings and errors of one kind, 100 in ten seconds are logged.

    A kind is an event of one part. The first line after that has the number of those ``left_out``.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """Return the event; raise DropEvent if there were too many of its kind."""
        if method not in _LIMITED:
            return event
        now_s = self._clock.monotonic_s()
        window = self._window(str(event.get("part", "")), str(event.get("event", "")), now_s)
        if window.lines >= LINES:
            window.left_out += 1
            raise structlog.DropEvent
        window.lines += 1
        if window.lines == 1 and window.left_out:
            event["left_out"], window.left_out = window.left_out, 0
        return event

    def _window(self, part: str, event: str, now_s: float) -> _Window:
        window = self._windows.get((part, event))
        if window is None:
            if len(self._windows) >= _MAX_KINDS:  # a library whose messages have no template
                self._windows.clear()
            window = self._windows[part, event] = _Window(now_s)
        elif now_s - window.begun_s >= WINDOW_S:
            window.begun_s, window.lines = now_s, 0
        return window
