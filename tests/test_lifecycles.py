"""Every lifecycle's table is total, every state can be reached, and every life can end."""

import enum
from collections.abc import Mapping
from typing import Any

import pytest

from mixminus.call.states import CALL_TRANSITIONS, CallStatus
from mixminus.conference.states import (
    CONFERENCE_TRANSITIONS,
    CONFERENCECALL_TRANSITIONS,
    ConferencecallStatus,
    ConferenceStatus,
)
from mixminus.errors import IllegalTransition
from mixminus.machine import is_final, step
from mixminus.recording.states import RECORDING_TRANSITIONS, RecordingStatus

Table = Mapping[Any, Mapping[Any, Any]]
LIFECYCLES = [
    pytest.param(CONFERENCE_TRANSITIONS, {ConferenceStatus.STARTING}, id="conference"),
    pytest.param(CONFERENCECALL_TRANSITIONS, {ConferencecallStatus.JOINING}, id="conferencecall"),
    pytest.param(CALL_TRANSITIONS, {CallStatus.DIALING}, id="call"),
    pytest.param(RECORDING_TRANSITIONS, {RecordingStatus.INITIATING}, id="recording"),
]


def reachable(table: Table, first: set[Any]) -> set[Any]:
    found, todo = set(first), list(first)
    while todo:
        for state in table[todo.pop()].values():
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


@pytest.mark.parametrize(("table", "first"), LIFECYCLES)
def test_every_state_has_a_row_and_can_be_reached(table: Table, first: set[enum.StrEnum]) -> None:
    assert set(table) == set(type(next(iter(first))))
    assert reachable(table, first) == set(table)


@pytest.mark.parametrize(("table", "first"), LIFECYCLES)
def test_no_state_comes_back_and_every_life_ends_in_the_one_final_state(
    table: Table, first: set[enum.StrEnum]
) -> None:
    assert [state for state in table if is_final(table, state)] == [list(table)[-1]]
    for state in table:
        onward = reachable(table, set(table[state].values()))
        assert state not in onward
        assert is_final(table, state) or list(table)[-1] in onward


@pytest.mark.parametrize(("table", "first"), LIFECYCLES)
def test_what_the_table_does_not_say_is_refused(table: Table, first: set[enum.StrEnum]) -> None:
    events = {event for row in table.values() for event in row}
    for state, row in table.items():
        for event in events - set(row):
            with pytest.raises(IllegalTransition):
                step(table, state, event)
