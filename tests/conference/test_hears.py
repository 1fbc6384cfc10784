"""Rules of who hears whom, and the cells that they give."""

import pytest

from mixminus.errors import InvalidArgument
from mixminus.model.hears import Hears, HearsException, Whisper, cells, changes, check_hears, without
from mixminus.model.ids import ConferencecallId, new_id

AGENT, COACH, CUSTOMER, LATER = (ConferencecallId(new_id()) for _ in range(4))
COACHING = Hears(whispers=(Whisper(COACH, (AGENT,)),))


def test_whisper_silences_all_others_including_later_participants() -> None:
    assert cells(COACHING, {AGENT, COACH, CUSTOMER}) == {(CUSTOMER, COACH): None}
    assert cells(COACHING, {AGENT, COACH, CUSTOMER, LATER}).keys() == {(CUSTOMER, COACH), (LATER, COACH)}
    assert cells(COACHING, {AGENT, CUSTOMER}) == {}


def test_exception_overrides_a_whisper() -> None:
    both = Hears((HearsException(CUSTOMER, COACH, -6.0),), COACHING.whispers)
    assert cells(both, {AGENT, COACH, CUSTOMER}) == {(CUSTOMER, COACH): -6.0}
    open_ = Hears((HearsException(CUSTOMER, COACH, 0.0),), COACHING.whispers)
    assert cells(open_, {AGENT, COACH, CUSTOMER}) == {}


def test_changes_turn_one_table_into_the_other() -> None:
    before = {(AGENT, COACH): None, (CUSTOMER, COACH): -6.0}
    after = {(CUSTOMER, COACH): None, (LATER, COACH): 3.0}
    assert changes(before, after) == {(AGENT, COACH): 0.0, (CUSTOMER, COACH): None, (LATER, COACH): 3.0}
    assert changes(after, after) == {}


def test_whisper_stays_without_its_listener_and_goes_with_its_speaker() -> None:
    left = without(COACHING, AGENT)
    assert cells(left, {COACH, CUSTOMER}) == {(CUSTOMER, COACH): None}
    assert without(COACHING, COACH) == Hears()


def test_exception_goes_with_its_listener_or_speaker() -> None:
    rule = HearsException(CUSTOMER, AGENT, None)
    for gone in (CUSTOMER, AGENT):
        assert without(Hears((rule,)), gone) == Hears()
    assert without(Hears((rule,)), COACH) == Hears((rule,))


@pytest.mark.parametrize(
    "hears",
    [
        pytest.param(Hears((HearsException(AGENT, AGENT, None),)), id="oneself"),
        pytest.param(Hears(whispers=(Whisper(AGENT, (AGENT,)),)), id="whispering to oneself"),
        pytest.param(
            Hears((HearsException(AGENT, COACH, None), HearsException(AGENT, COACH, 1.0))), id="twice"
        ),
        pytest.param(Hears(whispers=(Whisper(COACH, (AGENT,)), Whisper(COACH, (LATER,)))), id="two whispers"),
    ],
)
def test_contradictory_rules_are_refused(hears: Hears) -> None:
    with pytest.raises(InvalidArgument):
        check_hears(hears)
