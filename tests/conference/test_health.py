"""A participant is removed at the check after three failed ones; a success resets the count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mixminus.model.call import CallStatus
from mixminus.model.conference import ConferenceStatus
from mixminus.model.health import Condition, Health
from mixminus.model.ids import ConferencecallId, CustomerId, new_id

NOW = datetime(2030, 1, 2, tzinfo=UTC)
WELL = Condition(
    id=ConferencecallId(new_id()),
    customer_id=CustomerId(new_id()),
    tm_create=NOW - timedelta(minutes=1),
    call_status=CallStatus.PROGRESSING,
    conference_status=ConferenceStatus.PROGRESSING,
)
HUNG_UP = replace(WELL, call_status=CallStatus.HANGUP)


@pytest.mark.parametrize(
    ("condition", "well"),
    [
        pytest.param(WELL, True, id="well"),
        pytest.param(HUNG_UP, False, id="call hung up"),
        pytest.param(replace(WELL, call_status=CallStatus.RINGING), False, id="call not answered"),
        pytest.param(replace(WELL, call_status=None), False, id="call unknown"),
        pytest.param(
            replace(WELL, conference_status=ConferenceStatus.TERMINATING), False, id="conference closing"
        ),
        pytest.param(replace(WELL, tm_create=NOW - timedelta(hours=24)), True, id="a day old"),
        pytest.param(replace(WELL, tm_create=NOW - timedelta(hours=24, seconds=1)), False, id="too old"),
    ],
)
def test_condition_is_well(condition: Condition, well: bool) -> None:
    assert condition.well(NOW) is well


@pytest.mark.parametrize(
    ("course", "removed_at"),
    [
        pytest.param([WELL] * 10, None, id="well"),
        pytest.param([HUNG_UP] * 4, 3, id="at the check after three failures"),
        pytest.param([HUNG_UP, HUNG_UP, WELL, HUNG_UP, HUNG_UP, WELL], None, id="recovered twice"),
        pytest.param([HUNG_UP, HUNG_UP, HUNG_UP, WELL], 3, id="recovered too late"),
        pytest.param([HUNG_UP, WELL, HUNG_UP, HUNG_UP, HUNG_UP, HUNG_UP], 5, id="relapsed"),
    ],
)
def test_participant_is_removed_after_three_failures(course: list[Condition], removed_at: int | None) -> None:
    health = Health()
    removals = [at for at, condition in enumerate(course) if health.check([condition], NOW)]
    assert removals == ([] if removed_at is None else [removed_at])


def test_participant_that_has_left_starts_anew() -> None:
    health = Health()
    for _ in range(3):
        assert health.check([HUNG_UP], NOW) == []
    assert health.check([], NOW) == []
    assert health.check([HUNG_UP], NOW) == []
