"""Rules of who hears whom, and the cells they come to."""

import pytest

from mixminus.conference.hears import Hears, HearsException, Whisper, cells, changes, check_hears, without
from mixminus.errors import InvalidArgument
from mixminus.model.ids import ConferencecallId, new_id

AGENT, COACH, CUSTOMER, LATER = (ConferencecallId(new_id()) for _ in range(4))
COACHING = Hears(whispers=(Whisper(COACH, (AGENT,)),))


def test_a_whisper_is_silence_for_everybody_else_and_for_who_comes_later() -> None:
    assert cells(COACHING, {AGENT, COACH, CUSTOMER}) == {(CUSTOMER, COACH): None}
    assert cells(COACHING, {AGENT, COACH, CUSTOMER, LATER}).keys() == {(CUSTOMER, COACH), (LATER, COACH)}
    assert cells(COACHING, {AGENT, CUSTOMER}) == {}


def test_an_exception_wins_over_a_whisper() -> None:
    both = Hears((HearsException(CUSTOMER, COACH, -6.0),), COACHING.whispers)
    assert cells(both, {AGENT, COACH, CUSTOMER}) == {(CUSTOMER, COACH): -6.0}
    open_ = Hears((HearsException(CUSTOMER, COACH, 0.0),), COACHING.whispers)
    assert cells(open_, {AGENT, COACH, CUSTOMER}) == {}


def test_changes_lead_from_one_table_to_the_other() -> None:
    before = {(AGENT, COACH): None, (CUSTOMER, COACH): -6.0}
    after = {(CUSTOMER, COACH): None, (LATER, COACH): 3.0}
    assert changes(before, after) == {(AGENT, COACH): 0.0, (CUSTOMER, COACH): None, (LATER, COACH): 3.0}
    assert changes(after, after) == {}


def test_a_whisper_outlives_its_listener_and_not_its_speaker() -> None:
    left = without(COACHING, AGENT)
    assert cells(left, {COACH, CUSTOMER}) == {(CUSTOMER, COACH): None}
    assert without(COACHING, COACH) == Hears()


def test_exceptions_go_with_those_they_are_about() -> None:
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
def test_what_contradicts_itself_is_refused(hears: Hears) -> None:
    with pytest.raises(InvalidArgument):
        check_hears(hears)
