"""Retries: when a request is sent again, and after which pause."""

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

import httpx

from mixminus.client.errors import ConnectionFailed
from mixminus.client.request import Request

__all__ = ["Outcome", "Retries"]

_REFUSED: Final = frozenset({429, 503})
"""The server has done nothing: any request may be sent again."""
_FAILED: Final = frozenset({500, 502, 504})
"""The server may have done something: only a safe request is sent again."""
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The request has not reached the server."""

Outcome = httpx.Response | httpx.TransportError


@dataclass(frozen=True, slots=True)
class Retries:
    """Up to ``attempts`` attempts, with pauses that double from ``first_s`` to ``longest_s``; each is shortened by a
    random part of up to a half, so that many clients do not come back together.
    """

    attempts: int = 4
    first_s: float = 0.25
    longest_s: float = 8.0

    def exchange(self, request: Request) -> Generator[float, Outcome, httpx.Response]:
        """Yield the pause in seconds before each attempt, receive its outcome, return the last answer.

        Raises ConnectionFailed when the last attempt was not answered.
        """
        outcome = yield 0.0
        for attempt in range(self.attempts - 1):
            if not self._again(request, outcome):
                break
            pause_s = min(self.longest_s, self.first_s * 2**attempt) * random.uniform(0.5, 1.0)
            outcome = yield max(pause_s, self._asked(outcome))
        if isinstance(outcome, httpx.TransportError):
            raise ConnectionFailed(
                f"no answer to {request.method} {request.path} ({outcome or type(outcome).__name__}): "
                "is the server running at this address?"
            ) from outcome
        return outcome

    @staticmethod
    def _again(request: Request, outcome: Outcome) -> bool:
        if isinstance(outcome, httpx.TransportError):
            return request.safe or isinstance(outcome, _UNSENT)
        status = outcome.status_code
        return status in _REFUSED or (status in _FAILED and request.safe)

    def _asked(self, outcome: Outcome) -> float:
        """Return the pause in seconds that an answer asks for (RFC 9110 section 10.2.3), at most ``longest_s``."""
        if isinstance(outcome, httpx.TransportError):
            return 0.0
        try:
            return min(self.longest_s, max(0.0, float(outcome.headers.get("Retry-After", 0))))
        except ValueError:
            return 0.0
