"""Which connection makes room where all places are taken by hosts that have proved nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from mixminus.hosts import network_of

__all__ = ["first_to_leave"]

T = TypeVar("T")


def first_to_leave(waiting: Sequence[tuple[T, str]]) -> T | None:
    """Return the oldest of the prefix that has most; None if ``waiting``, oldest first, with their hosts, is empty.

    A single phone has a prefix of its own, and goes last; those that fill the places push out each other.
    """
    prefixes = [network_of(host)[1] for _, host in waiting]
    if not prefixes:
        return None
    # Of equal counts, most_common returns the one that came first.
    [(most, _)] = Counter(prefixes).most_common(1)
    return waiting[prefixes.index(most)][0]
