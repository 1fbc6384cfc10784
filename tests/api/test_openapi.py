"""Routes, OpenAPI document and answers agree."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from mixminus.api.application import OPERATIONS
from mixminus.api.conventions import errors_of, parameters_of
from mixminus.api.document import document
from mixminus.api.operation import Operation
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
from mixminus.store.timestamps import TimestampStyle
from mixminus.wire.call import CallView
from mixminus.wire.conference import ConferencecallView, ConferenceView
from mixminus.wire.recording import RecordingView
from mixminus.wire.transcription import TranscribeView, TranscriptView
from mixminus.wire.view import View
from tests.api.client import ApiClient
from tests.api.test_whip import join, offer, participant

__all__ = ["offer"]

# Every resource answers HEAD with GET, and OPTIONS is for preflights.
UNDOCUMENTED_METHODS = {"OPTIONS", "HEAD"}
# What the pages at /docs and /console are made of.
FILES = ("/docs/", "/console")
NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)


def named(operation: Operation) -> str:
    return operation.name


SCHEMAS: dict[str, Any] = document(OPERATIONS, "0")["components"]["schemas"]


def check(body: Any, schema: str) -> None:
    """Assert that a body has exactly the properties of a schema of the document, and is valid."""
    resolved = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": SCHEMAS}}
    Draft202012Validator(resolved, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)
    assert set(body) == set(SCHEMAS[schema]["properties"]), schema


def test_document_has_every_route(api: ApiClient) -> None:
    routed = {
        (route.method, route.resource.canonical)
        for route in api.client.app.router.routes()
        if route.resource is not None
        and route.method not in UNDOCUMENTED_METHODS
        and not route.resource.canonical.startswith(("/v1/", *FILES))
        and route.resource.canonical != "/"
    }
    assert routed == {(each.method, each.full_path) for each in OPERATIONS}


def test_both_roots_have_the_same_routes(api: ApiClient) -> None:
    routes = {
        (route.method, route.resource.canonical)
        for route in api.client.app.router.routes()
        if route.resource is not None
    }
    short = {(method, path.removeprefix("/v1")) for method, path in routes if path.startswith("/v1/")}
    full = {(method, path.removeprefix("/v1.0")) for method, path in routes if path.startswith("/v1.0/")}
    assert short == full


def test_operation_names_are_unique() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)
    assert len({(each.method, each.path) for each in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
async def test_only_open_operations_need_no_credential(api: ApiClient, operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", str(uuid4()), operation.full_path)
    async with api.request(operation.method, path, token="") as response:
        assert (response.status != 401) is operation.open


async def test_document_is_served_and_complete(api: ApiClient) -> None:
    async with api.request("GET", "/openapi.json", token="") as response:
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
def test_operation_lists_each_parameter_and_error_once(operation: Operation) -> None:
    names = [(each.place, each.name) for each in parameters_of(operation)]
    assert len(names) == len(set(names))
    described = document([operation], "0")["paths"][operation.full_path][operation.method.lower()]
    reasons = {word for answer in described["responses"].values() for word in answer.get("x-reasons", [])}
    assert reasons == {error.reason for error in errors_of(operation)}
    assert described["summary"][0].isupper()
    assert not described["summary"].endswith(".")


async def test_docs_page_loads_only_files_of_the_server(api: ApiClient) -> None:
    async with api.request("GET", "/docs", token="") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://", page)
    loaded = [each for each in re.findall(r'(?:src|href)="([^"]+)"', page) if not each.startswith("data:")]
    assert loaded
    for path in loaded:
        async with api.request("GET", f"/{path}", token="") as response:
            assert response.status == 200, path


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


@pytest.mark.parametrize("style", TimestampStyle)
@pytest.mark.parametrize(
    ("model", "view"),
    [
        pytest.param(CONFERENCE, ConferenceView, id="conference"),
        pytest.param(CONFERENCECALL, ConferencecallView, id="conferencecall"),
        pytest.param(CALL, CallView, id="call"),
        pytest.param(RECORDING, RecordingView, id="recording"),
        pytest.param(TRANSCRIBE, TranscribeView, id="transcribe"),
        pytest.param(TRANSCRIPT, TranscriptView, id="transcript"),
    ],
)
def test_view_renders_exactly_what_it_documents(
    model: object, view: type[View], style: TimestampStyle
) -> None:
    check(view.render(model, style), view.__name__.removesuffix("View"))


async def test_answers_match_the_document(api: ApiClient, offer: str) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await api.send("POST", f"{path}/recording_start")
    _, listening = await api.post(f"{path}/transcribe_start", {"language": "en-US"})
    transcribe = listening["transcribe_id"]
    await join(api, room, offer)
    joined = await participant(api, room, "joined")
    _, flow = await api.post("/v1.0/flows", {"actions": [{"type": "answer"}]})
    asked: dict[str, str] = {
        path: "Conference",
        "/v1.0/conferences": "ConferencePage",
        "/v1.0/conferencecalls": "ConferencecallPage",
        "/v1.0/calls": "CallPage",
        "/v1.0/recordings": "RecordingPage",
        f"/v1.0/recordings/{started['recording_id']}": "Recording",
        "/v1.0/transcribes": "TranscribePage",
        f"/v1.0/transcribes/{transcribe}": "Transcribe",
        f"/v1.0/transcripts?transcribe_id={transcribe}": "TranscriptPage",
        "/v1.0/transcripts/search?q=hello": "TranscriptPage",
        f"{path}/talking": "Talkers",
        f"{path}/hears": "Hears",
        f"/v1.0/conferencecalls/{joined['id']}": "Conferencecall",
        f"/v1.0/calls/{joined['reference_id']}": "Call",
        "/v1.0/flows": "FlowPage",
        f"/v1.0/flows/{flow['id']}": "Flow",
        "/v1.0/activeflows": "ActiveflowPage",
        f"/v1.0/activeflows/{joined['activeflow_id']}": "Activeflow",
        "/v1.0/events": "EventPage",
        "/v1.0/events/undelivered": "Undelivered",
        "/v1.0/events/deliveries": "Deliveries",
        "/ping": "Pong",
        "/health/live": "Health",
        "/health/ready": "Health",
        "/v1.0/conferences/room": "ErrorEnvelope",
    }
    for where, shape in asked.items():
        _, body = await api.get(where)
        check(body, shape)


async def test_answers_about_access_match_the_document(api: ApiClient) -> None:
    await api.access.ensure_admin("a password")
    _, login = await api.post("/auth/login", {"username": "admin", "password": "a password"})
    token = login["token"]
    _, key = await api.send("POST", "/v1.0/accesskeys", token=token, json={"expire": 86400})
    _, me = await api.send("GET", "/v1.0/me", token=token)
    answers: list[tuple[Any, str]] = [
        (login, "Login"),
        (key, "NewAccessKey"),
        (me, "Agent"),
    ]
    asked: dict[str, str] = {
        "/v1.0/customer": "OwnCustomer",
        "/v1.0/customers": "CustomerPage",
        f"/v1.0/customers/{me['customer_id']}": "Customer",
        "/v1.0/agents": "AgentPage",
        f"/v1.0/agents/{me['id']}": "Agent",
        "/v1.0/accesskeys": "AccessKeyPage",
        f"/v1.0/accesskeys/{key['id']}": "AccessKey",
    }
    answers += [((await api.send("GET", where, token=token))[1], shape) for where, shape in asked.items()]
    for body, shape in answers:
        check(body, shape)


async def test_answers_about_the_directory_match_the_document(api: ApiClient) -> None:
    bodies: dict[str, tuple[dict[str, Any], str, str]] = {
        "numbers": ({"number": "100"}, "Number", "NumberPage"),
        "extensions": (
            {"extension": "1001", "password": "long enough"},
            "Extension",
            "ExtensionPage",
        ),
        "trunks": ({"domain_name": "pbx"}, "Trunk", "TrunkPage"),
    }
    for name, (body, shape, page_shape) in bodies.items():
        _, made = await api.post(f"/v1.0/{name}", body)
        _, shown = await api.get(f"/v1.0/{name}/{made['id']}")
        _, page = await api.get(f"/v1.0/{name}")
        assert shown == made
        assert page["result"] == [made]
        check(made, shape)
        check(page, page_shape)
