"""Who hears whom: a client's rules, and the cells of the listener-speaker matrix that they give.

By default every participant hears every other. An exception changes one cell (listener, speaker). A
whisper silences a speaker for all participants but its listeners, including those that join later. A
whisper stays when its listeners leave: when an agent hangs up, the customer must not begin to hear the
coach.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.model.ids import ConferencecallId

__all__ = [
    "MAX_CELLS",
    "Cells",
    "Hears",
    "HearsException",
    "Whisper",
    "cells",
    "changes",
    "check_hears",
    "lowered",
    "without",
]

Pair = tuple[ConferencecallId, ConferencecallId]
Cells = Mapping[Pair, float | None]
"""(listener, speaker) to gain in dB; None is silence. A pair without an entry is heard at 0 dB."""

MAX_CELLS: Final = 512
"""Half of what a bridge of the engine holds, so that one set can replace another at one tick."""


@dataclass(frozen=True, slots=True)
class HearsException:
    """The gain at which one participant hears another."""

    listener: ConferencecallId
    speaker: ConferencecallId
    gain_db: float | None
    """None is silence."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """Only the listeners hear the speaker; the speaker hears all participants."""

    speaker: ConferencecallId
    listeners: tuple[ConferencecallId, ...]


@dataclass(frozen=True, slots=True)
class Hears:
    """The rules of one room; an exception overrides a whisper."""

    exceptions: tuple[HearsException, ...] = ()
    whispers: tuple[Whisper, ...] = ()

    @property
    def named(self) -> frozenset[ConferencecallId]:
        """All participants that the rules name."""
        pairs = {id_ for each in self.exceptions for id_ in (each.listener, each.speaker)}
        return frozenset(pairs.union(*({each.speaker, *each.listeners} for each in self.whispers)))


def check_hears(hears: Hears) -> None:
    """Raise InvalidArgument if a participant is its own listener, or a cell is set twice."""
    pairs = [(each.listener, each.speaker) for each in hears.exceptions]
    speakers = [each.speaker for each in hears.whispers]
    if any(listener == speaker for listener, speaker in pairs) or any(
        each.speaker in each.listeners for each in hears.whispers
    ):
        raise InvalidArgument("listener and speaker are the same participant")
    if len(set(pairs)) < len(pairs):
        raise InvalidArgument("two exceptions have the same listener and speaker: give one")
    if len(set(speakers)) < len(speakers):
        raise InvalidArgument("two whispers have the same speaker: list all its listeners in one")


def cells(hears: Hears, present: Collection[ConferencecallId]) -> dict[Pair, float | None]:
    """Return the cells of the participants present that differ from 0 dB."""
    table: dict[Pair, float | None] = {
        (listener, whisper.speaker): None
        for whisper in hears.whispers
        if whisper.speaker in present
        for listener in present
        if listener != whisper.speaker and listener not in whisper.listeners
    }
    for each in hears.exceptions:
        if each.listener in present and each.speaker in present:
            table[each.listener, each.speaker] = each.gain_db
    return {pair: gain_db for pair, gain_db in table.items() if gain_db != 0}


def lowered(
    table: Cells, listeners: Mapping[ConferencecallId, float], present: Collection[ConferencecallId]
) -> Cells:
    """Return the cells with all talkers lowered for some listeners, each by its dB.

    The table is returned as it is if the room has too many participants for that.
    """
    pairs = {
        (listener, speaker): by_db
        for listener, by_db in listeners.items()
        if listener in present
        for speaker in present
        if speaker != listener
    }
    if len(table.keys() | pairs.keys()) > MAX_CELLS:
        return table
    lower = dict(table)
    for pair, by_db in pairs.items():
        gain_db = table.get(pair, 0.0)
        lower[pair] = None if gain_db is None else gain_db - by_db
    return lower


def changes(before: Cells, after: Cells) -> dict[Pair, float | None]:
    """Return the cells to set to change one table into the other; 0 dB resets a cell."""
    undone: dict[Pair, float | None] = dict.fromkeys(before.keys() - after.keys(), 0.0)
    return undone | {
        pair: gain_db for pair, gain_db in after.items() if pair not in before or before[pair] != gain_db
    }


def without(hears: Hears, gone: ConferencecallId) -> Hears:
    """Return the rules without a participant that has left."""
    return Hears(
        tuple(each for each in hears.exceptions if gone not in (each.listener, each.speaker)),
        tuple(
            Whisper(each.speaker, tuple(id_ for id_ in each.listeners if id_ != gone))
            for each in hears.whispers
            if each.speaker != gone
        ),
    )
