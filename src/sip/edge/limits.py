"""Limits against floods and password guessing: token buckets by source address, and back-off after failed logins.

Both use bounded memory. The back-off of an account delays unknown hosts only: a host that has logged in to it
lately is not locked out by the guesses of others.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["FREE_ATTEMPTS", "Attempts", "RateLimit"]

_MAX_SOURCES: Final = 8192
_BURST_S: Final = 2.0

FREE_ATTEMPTS: Final = 5
_FIRST_DELAY_S: Final = 1.0
_MAX_DELAY_S: Final = 300.0
# After this long without a failure the count starts over.
_CALM_S: Final = 900.0
_AUTHENTICATED_S: Final = 86_400.0
_MAX_KEPT: Final = 8192


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimit:
    """Admits a number of messages a second from each source, and twice as many in a burst."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admits(self, source: str, now_s: float) -> bool:
        """Take a token of the source; the least recently seen source is dropped when there are too many."""
        bucket = self._buckets.pop(source, None) or _Bucket(self._per_s * _BURST_S, now_s)
        bucket.tokens = min(
            self._per_s * _BURST_S, bucket.tokens + (now_s - bucket.filled_at_s) * self._per_s
        )
        bucket.filled_at_s = now_s
        self._buckets[source] = bucket
        if len(self._buckets) > _MAX_SOURCES:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float
    until_s: float


class Attempts:
    """Counts failed logins by host and by account; drops the least recently used first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._authenticated: OrderedDict[tuple[str, str], float] = OrderedDict()

    def wait_s(self, account: str, host: str, now_s: float) -> float:
        """Return how long this host must wait before it may try this account again; 0 for not at all."""
        waits = [self._until(_of_host(host))]
        if now_s - self._authenticated.get((account, host), float("-inf")) > _AUTHENTICATED_S:
            waits.append(self._until(_of_account(account)))
        return max(0.0, max(waits) - now_s)

    def failed(self, account: str, host: str, now_s: float) -> int:
        """Record a wrong password; return the account's number of failures if there is now a delay, else 0."""
        counts = [self._count(key, now_s) for key in (_of_account(account), _of_host(host))]
        return counts[0] if max(counts) > FREE_ATTEMPTS else 0

    def succeeded(self, account: str, host: str, now_s: float) -> None:
        """Record a right password: the host has not been guessing."""
        self._failures.pop(_of_host(host), None)
        self._authenticated[account, host] = now_s
        self._authenticated.move_to_end((account, host))
        if len(self._authenticated) > _MAX_KEPT:
            self._authenticated.popitem(last=False)

    def _until(self, key: str) -> float:
        failures = self._failures.get(key)
        return failures.until_s if failures else 0.0

    def _count(self, key: str, now_s: float) -> int:
        failures = self._failures.pop(key, None)
        if failures is None or now_s - failures.last_s > _CALM_S:
            failures = _Failures(0, now_s, 0.0)
        failures.count += 1
        failures.last_s = now_s
        if failures.count > FREE_ATTEMPTS:
            doublings = min(failures.count - FREE_ATTEMPTS - 1, 16)
            failures.until_s = now_s + min(_FIRST_DELAY_S * 2**doublings, _MAX_DELAY_S)
        self._failures[key] = failures
        if len(self._failures) > _MAX_KEPT:
            self._failures.popitem(last=False)
        return failures.count


def _of_host(host: str) -> str:
    return f"host {host}"


def _of_account(account: str) -> str:
    return f"account {account}"
