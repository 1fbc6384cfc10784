"""Limits against floods and password guessing: token buckets by source, and back-off after failed logins.

Both use bounded memory. The back-off of an account delays unknown hosts only: a host that has logged in to it
lately is not locked out by the guesses of others.
"""

from array import array
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mixminus.hosts import network_of

__all__ = ["FREE_ATTEMPTS", "Attempts", "RateLimit", "SourceLimit", "SourceLimits"]

# Each a power of two: sources beyond that many share.
_SOURCES: Final = 16_384
_BURST_S: Final = 2.0
# What the addresses of one prefix may do together, as a multiple of one address.
_PREFIX_FACTOR: Final = 8.0

FREE_ATTEMPTS: Final = 5
_FIRST_DELAY_S: Final = 1.0
_MAX_DELAY_S: Final = 300.0
# After this long without a failure the count starts over.
_CALM_S: Final = 900.0
_AUTHENTICATED_S: Final = 86_400.0
_MAX_KEPT: Final = 8192


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What one address may send; twice as much in a burst."""

    invites_per_s: float
    """New calls."""
    messages_per_s: float
    """SIP messages of any kind."""
    proxies: frozenset[str] = frozenset()
    """The addresses of proxies of ours, which may send any number."""

    def hold_for(self, host: str) -> bool:
        """Return whether a source is limited."""
        return host not in self.proxies


class RateLimit:
    """Admits a rate from each source, and twice as much in a burst.

    A table of fixed size, indexed by the hash of the source, which is keyed for each process (PYTHONHASHSEED): however
    many sources there are, none can push another one out and begin anew. Sources with the same index share.
    """

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._tokens = array("d", [per_s * _BURST_S]) * _SOURCES
        self._filled_at_s = array("d", [0.0]) * _SOURCES

    def admits(self, source: str, now_s: float) -> bool:
        """Take a token of the source; return False if there is none."""
        if self.left(source, now_s) < 1:
            return False
        self._tokens[hash(source) % _SOURCES] -= 1
        return True

    def left(self, source: str, now_s: float) -> float:
        """Return the tokens that a source has; negative if more was spent."""
        index = hash(source) % _SOURCES
        filled = self._tokens[index] + max(0.0, now_s - self._filled_at_s[index]) * self._per_s
        self._tokens[index] = min(self._per_s * _BURST_S, filled)
        self._filled_at_s[index] = now_s
        return self._tokens[index]

    def spend(self, source: str, cost: float, now_s: float) -> None:
        """Take what was spent already, beyond zero too."""
        self.left(source, now_s)
        self._tokens[hash(source) % _SOURCES] -= cost


class SourceLimit:
    """A rate for each address, and eight times as much for all addresses of its prefix."""

    def __init__(self, per_s: float) -> None:
        self._hosts = RateLimit(per_s)
        self._prefixes = RateLimit(per_s * _PREFIX_FACTOR)

    def admits(self, host: str, now_s: float) -> bool:
        """Take a token of the address and one of its prefix."""
        own, prefix = network_of(host)
        return self._hosts.admits(own, now_s) and self._prefixes.admits(prefix, now_s)

    def has_left(self, host: str, now_s: float) -> bool:
        """Return whether neither the address nor its prefix has spent too much."""
        own, prefix = network_of(host)
        return self._hosts.left(own, now_s) > 0 and self._prefixes.left(prefix, now_s) > 0

    def spend(self, host: str, cost: float, now_s: float) -> None:
        """Take what was spent already."""
        own, prefix = network_of(host)
        self._hosts.spend(own, cost, now_s)
        self._prefixes.spend(prefix, cost, now_s)


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float
    until_s: float


class Attempts:
    """Counts failed logins by host and by account; drops the least recently used first. An IPv6 host is its /64."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._authenticated: OrderedDict[tuple[str, str], float] = OrderedDict()

    def wait_s(self, account: str, host: str, now_s: float) -> float:
        """Return how long this host must wait before it may try this account again; 0 for not at all."""
        waits = [self._until(_of_host(host))]
        if not self.has_succeeded(account, host, now_s):
            waits.append(self._until(_of_account(account)))
        return max(0.0, max(waits) - now_s)

    def has_succeeded(self, account: str, host: str, now_s: float) -> bool:
        """Return whether this host has logged in to the account lately."""
        return now_s - self._authenticated.get((account, _own(host)), float("-inf")) <= _AUTHENTICATED_S

    def failed(self, account: str, host: str, now_s: float) -> int:
        """Record a wrong password; return the account's number of failures if there is now a delay, else 0."""
        counts = [self._count(key, now_s) for key in (_of_account(account), _of_host(host))]
        return counts[0] if max(counts) > FREE_ATTEMPTS else 0

    def succeeded(self, account: str, host: str, now_s: float) -> None:
        """Record a right password: the host has not been guessing."""
        self._failures.pop(_of_host(host), None)
        key = account, _own(host)
        self._authenticated[key] = now_s
        self._authenticated.move_to_end(key)
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


def _own(host: str) -> str:
    return network_of(host)[0]


def _of_host(host: str) -> str:
    return f"host {_own(host)}"


def _of_account(account: str) -> str:
    return f"account {account}"
