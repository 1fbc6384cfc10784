"""Lifecycles of the SIP side: every table is total, reachable and can end."""

import enum

import pytest

from mixminus.sip.dialling import DIALLED_TRANSITIONS
from mixminus.sip.edge.call import CALL_TRANSITIONS
from mixminus.sip.edge.registrant import REGISTRANT_TRANSITIONS
from mixminus.sip.incoming_leg import LEG_TRANSITIONS
from mixminus.sip.supervision import Backoff
from mixminus.sip.workers import WORKER_TRANSITIONS

TABLES = (
    CALL_TRANSITIONS,
    LEG_TRANSITIONS,
    DIALLED_TRANSITIONS,
    WORKER_TRANSITIONS,
    REGISTRANT_TRANSITIONS,
)


@pytest.mark.parametrize("table", TABLES)
def test_every_state_has_a_row_is_reachable_and_can_end(
    table: dict[enum.StrEnum, dict[enum.StrEnum, enum.StrEnum]],
) -> None:
    states = type(next(iter(table)))
    assert set(table) == set(states)
    reached = {next(iter(table))}
    for _ in states:
        reached |= {target for state in reached for target in table[state].values()}
    assert reached == set(states)
    assert [state for state, row in table.items() if not row] == [list(states)[-1]]


def test_restart_delays_grow_and_are_reset_after_a_calm_time() -> None:
    backoff = Backoff()
    delays = [backoff.next_delay_s(float(second)) for second in range(10)]
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]
    assert backoff.next_delay_s(1000.0) == 0.1
