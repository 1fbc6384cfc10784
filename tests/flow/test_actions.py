"""Reading actions from JSON: options, errors, normal form, JSON schema."""

from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.call import Answer, Hangup, Sleep
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.actions.room import ConferenceJoin
from mixminus.flow.actions.speech import Beep, DigitsHandle, Echo, Play, StreamEcho, Talk
from mixminus.flow.errors import InvalidActionType
from mixminus.flow.options import Option
from mixminus.model.call import HangupReason
from mixminus.model.ids import NIL, ConferenceId

ROOM = ConferenceId(UUID("99accfb7-c0dd-4a54-997d-dd18af7bc280"))


@pytest.mark.parametrize(
    ("raw", "option"),
    [
        ({"type": "answer"}, Answer()),
        ({"type": "answer", "option": None}, Answer()),
        (
            {"type": "conference_join", "option": {"conference_id": str(ROOM)}},
            ConferenceJoin(conference_id=ROOM),
        ),
        ({"type": "hangup"}, Hangup()),
        ({"type": "hangup", "option": {"reason": "busy"}}, Hangup(reason=HangupReason.BUSY)),
        ({"type": "sleep", "option": {"duration": 1500}}, Sleep(duration=1500)),
        (
            {"type": "talk", "option": {"text": "hello", "provider": "gcp"}},
            Talk(text="hello", provider="gcp"),
        ),
        (
            {
                "type": "talk",
                "option": {"text": "a", "voice_id": "b", "digits_handle": "next", "async": True},
            },
            Talk.model_validate(
                {"text": "a", "voice_id": "b", "digits_handle": DigitsHandle.NEXT, "async": True}
            ),
        ),
        ({"type": "play", "option": {"stream_urls": ["a.wav"]}}, Play(stream_urls=("a.wav",))),
        ({"type": "beep"}, Beep()),
        ({"type": "echo"}, Echo()),
        ({"type": "stream_echo", "option": {"duration": 5}}, StreamEcho(duration=5)),
        ({"type": "queue_join", "option": {"queue_id": "x"}}, None),
    ],
)
def test_an_action_is_parsed(raw: dict[str, Any], option: Option | None) -> None:
    assert CATALOGUE.parse(raw).option == option


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
        {"type": "answer", "id": ["first"]},
    ],
)
def test_an_invalid_option_is_rejected(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        CATALOGUE.parse(raw)


@pytest.mark.parametrize(
    "raw", [{}, {"type": ""}, {"type": "agent_call"}, {"type": None}, {"type": ["answer"]}]
)
def test_an_unknown_type_is_rejected(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidActionType) as refusal:
        CATALOGUE.parse(raw)
    assert refusal.value.reason == "INVALID_ACTION_TYPE"


def test_the_normal_form_has_every_key() -> None:
    (action,) = CATALOGUE.normalise([{"type": "talk", "option": {"text": "hello"}}])
    assert UUID(action["id"]) != NIL
    assert {**action, "id": ""} == {
        "id": "",
        "next_id": str(NIL),
        "type": "talk",
        "option": {"text": "hello"},
    }
    assert CATALOGUE.normalise([action]) == (action,)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            {"type": "sleep", "option": {"duration": "long"}},
            "actions[1].option.duration: is not a whole number",
        ),
        ({"type": "agent_call"}, "actions[1].type: unknown action type 'agent_call'"),
        (
            {"type": "answer", "next_id": 2},
            "actions[1].next_id: is neither a UUID nor a label of at most 128 printable characters",
        ),
        ({"type": "answer", "option": "none"}, "actions[1].option: of answer is not an object"),
    ],
)
def test_an_error_names_the_path_of_the_field(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        CATALOGUE.normalise([{"type": "answer"}, raw])
    assert str(refusal.value) == message


def test_a_field_with_a_variable_is_validated_at_execution() -> None:
    join = {"type": "conference_join", "option": {"conference_id": "${room}"}}
    (action,) = CATALOGUE.normalise([join])
    assert action["option"] == join["option"]
    with pytest.raises(InvalidArgument):
        CATALOGUE.parse(action)


# Every type of api.md section 6.5; those that are not executed here are skipped.
EXECUTED = frozenset(
    [
        "amd",
        "media_stream_start",
        "media_stream_stop",
        "answer",
        "beep",
        "block",
        "branch",
        "call",
        "condition_call_digits",
        "condition_call_status",
        "condition_datetime",
        "condition_variable",
        "conference_join",
        "confbridge_join",
        "connect",
        "digits_receive",
        "digits_send",
        "echo",
        "empty",
        "external_media_start",
        "external_media_stop",
        "fetch",
        "fetch_flow",
        "goto",
        "hangup",
        "mute",
        "play",
        "recording_start",
        "ringing",
        "recording_stop",
        "sleep",
        "stop",
        "stream_echo",
        "talk",
        "transcribe_recording",
        "transcribe_start",
        "transcribe_stop",
        "variable_set",
        "webhook_send",
    ]
)
SKIPPED = frozenset(
    [
        "ai_summary",
        "ai_talk",
        "ai_task",
        "case_create",
        "conversation_send",
        "email_send",
        "message_send",
        "queue_join",
    ]
)


def test_the_catalogue_has_every_type_of_the_api() -> None:
    assert set(CATALOGUE.types) == EXECUTED
    assert CATALOGUE.names == EXECUTED | SKIPPED


@pytest.mark.parametrize("name", sorted(CATALOGUE.names))
def test_every_option_has_a_default(name: str) -> None:
    action = CATALOGUE.parse({"type": name, "option": {}})
    assert action.type == CATALOGUE.types.get(name)
    assert type(action.option) is (action.type.option if action.type else type(None))


def test_the_schema_of_an_action_is_valid_and_self_contained() -> None:
    schema = CATALOGUE.json_schema()
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in str(schema)
    named = [name for variant in schema["oneOf"] for name in variant["properties"]["type"]["enum"]]
    assert sorted(named) == sorted(CATALOGUE.names)


@pytest.mark.parametrize(
    ("raw", "valid"),
    [
        ({"type": "sleep", "option": {"duration": 1500}}, True),
        ({"type": "sleep", "option": {"duration": "${pause}"}}, True),
        ({"type": "sleep", "option": {"duration": -1}}, False),
        ({"type": "talk", "option": {"text": "hello", "async": True}}, True),
        ({"type": "talk", "option": {"text": 1}}, False),
        ({"type": "connect", "option": {"destinations": [{"type": "tel", "target": "+4930"}]}}, True),
        ({"type": "queue_join", "option": {"queue_id": "x"}}, True),
        ({"type": "agent_call"}, False),
    ],
)
def test_the_schema_agrees_with_the_parser(raw: dict[str, Any], valid: bool) -> None:
    assert Draft202012Validator(CATALOGUE.json_schema()).is_valid(raw) is valid
