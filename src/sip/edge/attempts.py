"""Attempts: whoever guesses passwords waits longer each time, by address and by account.

The wait of an account holds strangers only: a host that has logged in to it by its
password lately is not kept out by the guesses of others.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["FREE_ATTEMPTS", "Attempts"]

FREE_ATTEMPTS: Final = 5
_FIRST_S: Final = 1.0
_MOST_S: Final = 300.0
# Who has not failed for so long begins anew.
_CALM_S: Final = 900.0
_PROVED_S: Final = 86_400.0
_MAX_KEPT: Final = 8192


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float
    until_s: float


class Attempts:
    """Failed logins, in bounded memory; what was not touched for longest is forgotten first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._proved: OrderedDict[tuple[str, str], float] = OrderedDict()

    def wait_s(self, account: str, host: str, now_s: float) -> float:
        """Return how long this host has to wait before it may try this account again, 0 if it need not."""
        waits = [self._until(_of_host(host))]
        if now_s - self._proved.get((account, host), float("-inf")) > _PROVED_S:
            waits.append(self._until(_of_account(account)))
        return max(0.0, max(waits) - now_s)

    def failed(self, account: str, host: str, now_s: float) -> int:
        """Note a wrong password; return the account's failures if that makes somebody wait, else 0."""
        counts = [self._count(key, now_s) for key in (_of_account(account), _of_host(host))]
        return counts[0] if max(counts) > FREE_ATTEMPTS else 0

    def succeeded(self, account: str, host: str, now_s: float) -> None:
        """Note a right one: the host has not been guessing."""
        self._failures.pop(_of_host(host), None)
        self._proved[account, host] = now_s
        self._proved.move_to_end((account, host))
        if len(self._proved) > _MAX_KEPT:
            self._proved.popitem(last=False)

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
            failures.until_s = now_s + min(_FIRST_S * 2**doublings, _MOST_S)
        self._failures[key] = failures
        if len(self._failures) > _MAX_KEPT:
            self._failures.popitem(last=False)
        return failures.count


def _of_host(host: str) -> str:
    return f"host {host}"


def _of_account(account: str) -> str:
    return f"account {account}"
