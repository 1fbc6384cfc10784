"""Actions are read as the API writes them; what nobody knows is refused before it is run."""

from typing import Any
from uuid import UUID

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.basic import Answer, Hangup, Sleep
from mixminus.flow.actions.catalogue import CATALOGUE, InvalidActionType, Option, normalise, parse
from mixminus.flow.actions.room import ConferenceJoin
from mixminus.flow.actions.speech import Beep, Echo, Play, StreamEcho, Talk
from mixminus.flow.executors.table import EXECUTORS
from mixminus.model.call import HangupReason
from mixminus.model.ids import NIL, ConferenceId

ROOM = ConferenceId(UUID("99accfb7-c0dd-4a54-997d-dd18af7bc280"))


@pytest.mark.parametrize(
    ("raw", "option"),
    [
        ({"type": "answer"}, Answer()),
        ({"type": "answer", "option": None}, Answer()),
        ({"type": "conference_join", "option": {"conference_id": str(ROOM)}}, ConferenceJoin(ROOM)),
        ({"type": "hangup"}, Hangup(HangupReason.NORMAL)),
        ({"type": "hangup", "option": {"reason": "busy"}}, Hangup(HangupReason.BUSY)),
        ({"type": "sleep", "option": {"duration": 1500}}, Sleep(1500)),
        ({"type": "talk", "option": {"text": "hello", "provider": "gcp"}}, Talk("hello")),
        (
            {
                "type": "talk",
                "option": {"text": "a", "voice_id": "b", "digits_handle": "next", "async": True},
            },
            Talk("a", voice="b", digits_next=True, meanwhile=True),
        ),
        ({"type": "play", "option": {"stream_urls": ["a.wav"]}}, Play(("a.wav",))),
        ({"type": "beep"}, Beep()),
        ({"type": "echo"}, Echo(180_000)),
        ({"type": "stream_echo", "option": {"duration": 5}}, StreamEcho(5)),
        ({"type": "queue_join", "option": {"queue_id": "x"}}, None),
    ],
)
def test_reading(raw: dict[str, Any], option: Option | None) -> None:
    assert parse(raw).option == option


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "conference_join", "option": {"conference_id": "room"}},
        {"type": "hangup", "option": {"reason": "bored"}},
        {"type": "sleep", "option": {"duration": -1}},
        {"type": "sleep", "option": {"duration": "long"}},
        {"type": "sleep", "option": {"duration": True}},
        {"type": "sleep", "option": [1]},
        {"type": "talk", "option": {"text": 1}},
        {"type": "talk", "option": {"digits_handle": "previous"}},
        {"type": "talk", "option": {"async": "yes"}},
        {"type": "play", "option": {"stream_urls": "a.wav"}},
        {"type": "play", "option": {"stream_urls": [1]}},
        {"type": "echo", "option": {"duration": "long"}},
        {"type": "answer", "id": "first"},
    ],
)
def test_a_bad_option_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        parse(raw)


@pytest.mark.parametrize(
    "raw", [{}, {"type": ""}, {"type": "agent_call"}, {"type": None}, {"type": ["answer"]}]
)
def test_an_unknown_type_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidActionType) as refusal:
        parse(raw)
    assert refusal.value.reason == "INVALID_ACTION_TYPE"


def test_normal_form_has_every_key() -> None:
    (action,) = normalise([{"type": "talk", "option": {"text": "hello"}}])
    assert UUID(action["id"]) != NIL
    assert {**action, "id": ""} == {
        "id": "",
        "next_id": str(NIL),
        "type": "talk",
        "option": {"text": "hello"},
    }
    assert normalise([action]) == (action,)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            {"type": "sleep", "option": {"duration": "long"}},
            "actions[1].option.duration: is not a whole number",
        ),
        ({"type": "agent_call"}, "actions[1].type: unknown action type 'agent_call'"),
        ({"type": "answer", "next_id": "two"}, "actions[1].next_id: is not a UUID"),
        ({"type": "answer", "option": "none"}, "actions[1].option: of answer is not an object"),
    ],
)
def test_a_fault_is_told_with_the_way_to_it(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        normalise([{"type": "answer"}, raw])
    assert str(refusal.value) == message


def test_a_variable_is_not_looked_into_before_its_time() -> None:
    join = {"type": "conference_join", "option": {"conference_id": "${room}"}}
    (action,) = normalise([join])
    assert action["option"] == join["option"]
    with pytest.raises(InvalidArgument):
        parse(action)


def test_whatever_can_be_read_can_be_done() -> None:
    readable = {type(parse({"type": type_, "option": {}}).option) for type_ in CATALOGUE} - {type(None)}
    assert readable == set(EXECUTORS)
