"""State tables: states, events, and the one function that makes a transition.

A table maps every state to the events it accepts and the states they lead to.
Final states are empty rows. ``step`` is the only way from one state to the next.
"""

import enum
from collections.abc import Mapping
from typing import TypeVar

from mixminus.errors import IllegalTransition

__all__ = ["diagram", "is_final", "step"]

State = TypeVar("State", bound=enum.StrEnum)
Event = TypeVar("Event", bound=enum.StrEnum)


def step(table: Mapping[State, Mapping[Event, State]], state: State, event: Event) -> State:
    """Return the state that follows; raise IllegalTransition if none does."""
    try:
        return table[state][event]
    except KeyError:
        accepting = [each for each, row in table.items() if event in row]
        raise IllegalTransition(_subject(state), state, event, accepting) from None


def _subject(state: enum.StrEnum) -> str:
    """Return what the state is of: ``call`` for a ``CallStatus``."""
    return type(state).__name__.removesuffix("Status").removesuffix("State").lower()


def is_final(table: Mapping[State, Mapping[Event, State]], state: State) -> bool:
    """Return whether the state has no transitions."""
    return not table[state]


def diagram(table: Mapping[State, Mapping[Event, State]]) -> str:
    """Return the table as text, one transition a line, as ARCHITECTURE.md shows it."""
    width = max(len(state) for state in table)
    return "\n".join(
        f"{state:<{width}} --{event}--> {target}"
        for state, row in table.items()
        for event, target in row.items()
    )
