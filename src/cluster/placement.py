"""Placement: which node takes an arrival that the node it came to does not take. Pure.

    nodes that have the room already, and a seat in it   the one that has the fewest of its seats
    else two others, by chance                           the one whose mixing has less to do

Not the idlest of all: a load is up to 1.5 s old, and everything that arrives meanwhile would go to one node (Mitzenmacher, "The
Power of Two Choices in Randomized Load Balancing", 2001).
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

__all__ = ["Candidate", "Limits", "choose", "has_place", "is_older"]

_DRAWN: Final = 2
_NUMBERS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node, as the one that chooses knows it."""

    id: UUID
    load: float
    """CPU time of its busiest mixing thread, as a share of the time it has."""
    seats: int = 0
    """Of the room, whose calls it has."""
    serves: bool = True
    """Whether it lives, and does not drain."""
    older: bool = False
    """Whether its version is older than that of the node that chooses: it is about to be replaced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a node has place for."""

    seats: int
    """Of one room."""
    load: float


def has_place(node: Candidate, limits: Limits) -> bool:
    """Return whether a node takes one more."""
    return node.serves and not node.older and node.load < limits.load and node.seats < limits.seats


def choose(nodes: Sequence[Candidate], limits: Limits, chance: random.Random) -> UUID | None:
    """Return the node that takes an arrival; None if none has place."""
    able = [node for node in nodes if has_place(node, limits)]
    if carrying := [node for node in able if node.seats]:
        return min(carrying, key=lambda node: (node.seats, node.load)).id
    drawn = chance.sample(able, min(_DRAWN, len(able)))
    return min(drawn, key=lambda node: node.load).id if drawn else None


def is_older(version: str, than: str) -> bool:
    """Return whether a version is older than another one, by their numbers; one that says nothing is not."""
    numbers, others = _numbers(version), _numbers(than)
    return bool(numbers and others) and numbers < others


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: (1, 2, 3) of 1.2.3rc1."""
    found = _NUMBERS.match(version)
    return tuple(map(int, found[0].split("."))) if found else ()
