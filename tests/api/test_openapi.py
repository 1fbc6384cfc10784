"""Routes, description and answers agree: each is compared with the others."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from mixminus.api.openapi import access_shapes, directory_shapes, flow_shapes, shapes, speech_shapes
from mixminus.api.openapi.document import document
from mixminus.api.openapi.implied import errors_of, parameters_of
from mixminus.api.openapi.operation import Operation
from mixminus.api.openapi.table import OPERATIONS
from mixminus.api.paths import ROOT
from mixminus.call.render import render_call
from mixminus.conference.render import render_conference, render_conferencecall
from mixminus.model.call import Address, Call, CallStatus
from mixminus.model.conference import (
    Conference,
    Conferencecall,
    ConferencecallStatus,
    ConferenceStatus,
    RoomSettings,
)
from mixminus.model.ids import (
    NIL,
    CallId,
    ConferencecallId,
    ConferenceId,
    CustomerId,
    RecordingId,
    TranscribeId,
    TranscriptId,
    new_id,
)
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from mixminus.recording.render import render_recording
from mixminus.speech.recognition.render import render_transcribe, render_transcript
from mixminus.store.timestamps import TimestampStyle
from tests.api.door import Door
from tests.api.test_whip import join, offer, participant

__all__ = ["offer"]

# What every resource answers, or what only browsers ask before they ask.
UNDOCUMENTED_METHODS = {"OPTIONS", "HEAD"}
NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)


def named(operation: Operation) -> str:
    return operation.name


def path_of(operation: Operation) -> str:
    return operation.path if operation.outside else ROOT + operation.path


def test_every_route_is_documented_and_every_documented_operation_is_routed(door: Door) -> None:
    routed = {
        (route.method, route.resource.canonical)
        for route in door.client.app.router.routes()
        if route.resource is not None
        and route.method not in UNDOCUMENTED_METHODS
        and not route.resource.canonical.startswith("/v1/")
    }
    assert routed == {(each.method, path_of(each)) for each in OPERATIONS}


def test_both_roots_have_the_same_routes(door: Door) -> None:
    routes = {
        (route.method, route.resource.canonical)
        for route in door.client.app.router.routes()
        if route.resource is not None
    }
    short = {(method, path.removeprefix("/v1")) for method, path in routes if path.startswith("/v1/")}
    full = {(method, path.removeprefix("/v1.0")) for method, path in routes if path.startswith("/v1.0/")}
    assert short == full


def test_names_are_unique_and_every_operation_is_named_once() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert len({(each.method, each.path) for each in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
async def test_only_what_is_said_to_be_open_is_open(door: Door, operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", str(uuid4()), path_of(operation))
    async with door.ask(operation.method, path, token="") as response:
        assert (response.status != 401) is operation.open


async def test_the_document_is_served_without_a_key_and_is_whole(door: Door) -> None:
    async with door.ask("GET", "/openapi.json", token="") as response:
        assert (response.status, response.content_type) == (200, "application/json")
        served = await response.json()
    assert served["openapi"] == "3.1.0"
    assert served == document(OPERATIONS, served["info"]["version"])
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(served)):
        target: Any = served
        for part in reference.split("/"):
            target = target[part]
        assert target
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_every_parameter_and_error_is_told_once(operation: Operation) -> None:
    names = [(each.place, each.name) for each in parameters_of(operation)]
    assert len(names) == len(set(names))
    described = document([operation], "0")["paths"][path_of(operation)][operation.method.lower()]
    told = {word for answer in described["responses"].values() for word in answer.get("x-reasons", [])}
    assert told == {error.reason for error in errors_of(operation)}
    assert described["summary"][0].isupper()
    assert not described["summary"].endswith(".")


async def test_the_docs_page_comes_with_the_package_and_fetches_from_nowhere_else(door: Door) -> None:
    async with door.ask("GET", "/docs", token="") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        page = await response.text()
        assert re.search(
            r"script-src 'sha256-[A-Za-z0-9+/]{43}='", response.headers["Content-Security-Policy"]
        )
    assert not re.search(r"https?://|src=", page)


CONFERENCE = Conference(
    id=ConferenceId(new_id()),
    customer_id=CustomerId(new_id()),
    type="conference",
    status=ConferenceStatus.PROGRESSING,
    name="n",
    detail="",
    data={"a": None},
    timeout_s=60,
    pre_actions=({"type": "answer"},),
    post_actions=(),
    pre_flow_id=NIL,
    post_flow_id=NIL,
    conferencecall_ids=(new_id(),),
    recording_id=NIL,
    recording_ids=(new_id(),),
    transcribe_id=NIL,
    transcribe_ids=(),
    direct_hash="direct.0123456789ab",
    settings=RoomSettings(pin="12"),
    tm_create=NOW,
    tm_timeout=NOW,
)
CONFERENCECALL = Conferencecall(
    id=ConferencecallId(new_id()),
    customer_id=CustomerId(new_id()),
    conference_id=CONFERENCE.id,
    reference_id=CallId(new_id()),
    status=ConferencecallStatus.JOINED,
    tm_create=NOW,
    tm_update=NOW,
)
CALL = Call(
    id=CallId(new_id()),
    customer_id=CustomerId(new_id()),
    source=Address("sip", "alice"),
    destination=Address("conference", str(CONFERENCE.id)),
    direction="incoming",
    status=CallStatus.PROGRESSING,
    tm_create=NOW,
)
TRANSCRIBE = Transcribe(
    id=TranscribeId(new_id()),
    customer_id=CustomerId(new_id()),
    reference_type="confbridge",
    reference_id=CONFERENCE.id,
    status=TranscribeStatus.DONE,
    language="en-US",
    direction="in",
    provider="",
    on_end_flow_id=NIL,
    tm_create=NOW,
)
TRANSCRIPT = Transcript(
    id=TranscriptId(new_id()),
    customer_id=CustomerId(new_id()),
    transcribe_id=TRANSCRIBE.id,
    direction="in",
    message="Hello.",
    conferencecall_id=CONFERENCECALL.id,
    call_id=NIL,
    label="",
    start_us=8_991_840,
    end_us=90_000_000_000,
    confidence=1.0,
    tm_create=NOW,
)
RECORDING = Recording(
    id=RecordingId(new_id()),
    customer_id=CustomerId(new_id()),
    reference_type="confbridge",
    reference_id=CONFERENCE.id,
    status=RecordingStatus.ENDED,
    format="wav",
    on_end_flow_id=NIL,
    tm_create=NOW,
    tm_start=NOW,
)
Render = Callable[[Any, TimestampStyle], dict[str, Any]]


@pytest.mark.parametrize("style", TimestampStyle)
@pytest.mark.parametrize(
    ("model", "render", "shape"),
    [
        pytest.param(CONFERENCE, render_conference, shapes.Conference, id="conference"),
        pytest.param(CONFERENCECALL, render_conferencecall, shapes.Conferencecall, id="conferencecall"),
        pytest.param(CALL, render_call, shapes.Call, id="call"),
        pytest.param(RECORDING, render_recording, shapes.Recording, id="recording"),
        pytest.param(TRANSCRIBE, render_transcribe, speech_shapes.Transcribe, id="transcribe"),
        pytest.param(TRANSCRIPT, render_transcript, speech_shapes.Transcript, id="transcript"),
    ],
)
def test_what_is_rendered_has_exactly_the_shape_that_is_described(
    model: object, render: Render, shape: type[BaseModel], style: TimestampStyle
) -> None:
    rendered = render(model, style)
    shape.model_validate(rendered)
    assert set(rendered) == set(shape.model_fields)


async def test_real_answers_have_the_shapes_that_are_described(door: Door, offer: str) -> None:
    room = await door.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await door.send("POST", f"{path}/recording_start")
    _, listening = await door.post(f"{path}/transcribe_start", {"language": "en-US"})
    transcribe = listening["transcribe_id"]
    await join(door, room, offer)
    joined = await participant(door, room, "joined")
    _, flow = await door.post("/v1.0/flows", {"actions": [{"type": "answer"}]})
    asked: dict[str, type[BaseModel]] = {
        path: shapes.Conference,
        "/v1.0/conferences": shapes.ConferencePage,
        "/v1.0/conferencecalls": shapes.ConferencecallPage,
        "/v1.0/calls": shapes.CallPage,
        "/v1.0/recordings": shapes.RecordingPage,
        f"/v1.0/recordings/{started['recording_id']}": shapes.Recording,
        "/v1.0/transcribes": speech_shapes.TranscribePage,
        f"/v1.0/transcribes/{transcribe}": speech_shapes.Transcribe,
        f"/v1.0/transcripts?transcribe_id={transcribe}": speech_shapes.TranscriptPage,
        "/v1.0/transcripts/search?q=hello": speech_shapes.TranscriptPage,
        f"{path}/talking": shapes.Talkers,
        f"{path}/hears": shapes.Hears,
        f"/v1.0/conferencecalls/{joined['id']}": shapes.Conferencecall,
        f"/v1.0/calls/{joined['reference_id']}": shapes.Call,
        "/v1.0/flows": flow_shapes.FlowPage,
        f"/v1.0/flows/{flow['id']}": flow_shapes.Flow,
        "/v1.0/activeflows": flow_shapes.ActiveflowPage,
        f"/v1.0/activeflows/{joined['activeflow_id']}": flow_shapes.Activeflow,
        "/v1.0/events": shapes.EventPage,
        "/v1.0/events/undelivered": shapes.Undelivered,
        "/ping": shapes.Pong,
        "/v1.0/conferences/room": shapes.ErrorEnvelope,
    }
    for where, shape in asked.items():
        _, body = await door.get(where)
        shape.model_validate(body)
        assert set(body) == set(shape.model_fields), where


async def test_real_answers_about_access_have_the_shapes_that_are_described(door: Door) -> None:
    await door.access.ensure_admin("a password")
    _, login = await door.post("/auth/login", {"username": "admin", "password": "a password"})
    token = login["token"]
    _, key = await door.send("POST", "/v1.0/accesskeys", token=token, json={"expire": 86400})
    _, me = await door.send("GET", "/v1.0/me", token=token)
    answers: list[tuple[Any, type[BaseModel]]] = [
        (login, access_shapes.Login),
        (key, access_shapes.NewAccessKey),
        (me, access_shapes.Agent),
    ]
    asked: dict[str, type[BaseModel]] = {
        "/v1.0/customer": access_shapes.OwnCustomer,
        "/v1.0/customers": access_shapes.CustomerPage,
        f"/v1.0/customers/{me['customer_id']}": access_shapes.Customer,
        "/v1.0/agents": access_shapes.AgentPage,
        f"/v1.0/agents/{me['id']}": access_shapes.Agent,
        "/v1.0/accesskeys": access_shapes.AccessKeyPage,
        f"/v1.0/accesskeys/{key['id']}": access_shapes.AccessKey,
    }
    answers += [((await door.send("GET", where, token=token))[1], shape) for where, shape in asked.items()]
    for body, shape in answers:
        shape.model_validate(body)
        assert set(body) == set(shape.model_fields), shape


async def test_real_answers_about_the_directory_have_the_shapes_that_are_described(door: Door) -> None:
    bodies: dict[str, tuple[dict[str, Any], type[BaseModel], type[BaseModel]]] = {
        "numbers": ({"number": "100"}, directory_shapes.Number, directory_shapes.NumberPage),
        "extensions": (
            {"extension": "1001", "password": "long enough"},
            directory_shapes.Extension,
            directory_shapes.ExtensionPage,
        ),
        "trunks": ({"domain_name": "pbx"}, directory_shapes.Trunk, directory_shapes.TrunkPage),
    }
    for name, (body, shape, page_shape) in bodies.items():
        _, made = await door.post(f"/v1.0/{name}", body)
        _, shown = await door.get(f"/v1.0/{name}/{made['id']}")
        _, page = await door.get(f"/v1.0/{name}")
        assert shown == made
        assert page["result"] == [made]
        shape.model_validate(made)
        assert set(made) == set(shape.model_fields), name
        page_shape.model_validate(page)
