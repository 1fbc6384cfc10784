"""The phone's requests of one call and the last response to each (RFC 3261 section 17.2), in bounded memory.

A retransmission is answered here, so that pjsip sees each request once.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.edge.message import Request, Response
from mixminus.sip.grammar import Unreadable
from mixminus.sip.internal_headers import Flow

__all__ = ["Transaction", "Transactions", "number_of"]

_MAX_KEPT: Final = 16
_NUMBER = re.compile(r"[0-9]{1,10}(?=[ \t])")

_Key = tuple[str, int]


def number_of(message: Request | Response) -> int:
    """Return the sequence number; raise Unreadable if CSeq has none."""
    match = _NUMBER.match(message.headers.first("cseq"))
    if not match:
        raise Unreadable("a CSeq is malformed")
    return int(match[0])


@dataclass(slots=True)
class Transaction:
    """A request of the phone, and what was answered last."""

    request: Request
    """As received, with its Via stamped and without its body."""
    flow: Flow
    at_s: float
    status_code: int = 0
    """Of the last response; 0 before the first."""
    response: bytes = b""

    @property
    def final(self) -> bool:
        return self.status_code >= 200  # noqa: PLR2004 - RFC 3261 section 7.2

    def is_retransmission(self, request: Request) -> bool:
        """Return whether a request of the same method and number is this one again."""
        return self.request.headers.first("via") == request.headers.first("via")


@dataclass(slots=True)
class Transactions:
    """By method and sequence number; the oldest answered one is dropped when there are too many."""

    highest: int = 0
    """The highest sequence number seen."""
    _kept: "OrderedDict[_Key, Transaction]" = field(default_factory=OrderedDict)

    def find(self, method: str, number: int) -> Transaction | None:
        return self._kept.get((method, number))

    def open(self, request: Request, flow: Flow, now_s: float) -> Transaction:
        """Keep a new request."""
        bare = Request(request.method, request.uri, request.headers)
        opened = Transaction(bare, flow, now_s)
        number = number_of(request)
        self._kept[request.method, number] = opened
        self.highest = max(self.highest, number)
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return opened

    def unanswered(self) -> list[Transaction]:
        """Return the requests without a final response."""
        return [kept for kept in self._kept.values() if not kept.final]

    def pending(self, methods: frozenset[str], since_s: float) -> bool:
        """Return whether a request of these methods that came after ``since_s`` has no final response."""
        return any(
            method in methods and not kept.final and kept.at_s > since_s
            for (method, _), kept in self._kept.items()
        )
