"""Texts to phones by MESSAGE (RFC 3428), within the calls of those whose Allow names that method."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from mixminus.model.ids import LegId
from mixminus.sip.messages import Message, SendText

__all__ = ["TextQueue", "pieces"]

MAX_PIECE_BYTES: Final = 1000
"""RFC 3428 section 8 keeps a MESSAGE below 1,300 bytes, of which the headers need some."""
_MAX_WAITING: Final = 64
_REFUSED: Final = 300
_UNSUPPORTED: Final = frozenset({405, 415, 501})


class TextQueue:
    """The texts to one phone: one at a time, so that they arrive in order; of too many the newest are dropped."""

    def __init__(self, leg_id: LegId, send: Callable[[Message], None], counters: Counter[str]) -> None:
        self._leg_id = leg_id
        self._send = send
        self._counters = counters
        self._waiting: deque[str] = deque()
        self._on_its_way = False
        self._unsupported = False

    def add(self, text: str) -> bool:
        """Send a text, a long one in pieces; return False if the phone does not take it."""
        parts = pieces(text)
        if self._unsupported:
            return False
        if len(self._waiting) + len(parts) > _MAX_WAITING:
            self._counters["sip_texts_dropped"] += 1
            return False
        self._waiting.extend(parts)
        self._next()
        return True

    def answered(self, status_code: int) -> None:
        """Take the phone's response; one that knows no MESSAGE, whatever its Allow says, gets no more."""
        self._counters["sip_texts_refused" if status_code >= _REFUSED else "sip_texts_sent"] += 1
        if status_code in _UNSUPPORTED:
            self._unsupported = True
            self._waiting.clear()
        self._on_its_way = False
        self._next()

    def resumed(self) -> None:
        """Go on at another worker: whether the phone has got the text that was on its way is not known."""
        if self._on_its_way:
            self._counters["sip_texts_lost"] += 1
            self._on_its_way = False
            self._next()

    def _next(self) -> None:
        if self._waiting and not self._on_its_way:
            self._on_its_way = True
            self._send(SendText(self._leg_id, self._waiting.popleft()))


def pieces(text: str) -> list[str]:
    """Return a text in pieces of at most MAX_PIECE_BYTES of UTF-8, cut at a blank where there is one."""
    found = []
    while len(encoded := text.encode()) > MAX_PIECE_BYTES:
        longest = encoded[:MAX_PIECE_BYTES].decode(errors="ignore")
        piece = longest[: longest.rfind(" ")] if longest.rfind(" ") > 0 else longest
        found.append(piece)
        text = text[len(piece) :].lstrip(" ")
    return [*found, text] if text else found
