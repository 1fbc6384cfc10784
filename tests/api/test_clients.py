"""Requests as VoIPBIN's own clients send them: its command line `vn`, and its SDK for Go."""

from collections.abc import Iterator
from typing import Any, get_origin
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter

from mixminus.api import document
from mixminus.api.body import Body
from mixminus.clock import SystemClock
from mixminus.model.ids import NIL, CustomerId, TranscribeId, TranscriptId, new_id
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from tests.api.client import ApiClient

assert document  # imports every resource, and with it every body

NONE = str(NIL)
NEVER = "9999-01-01 00:00:00.000000"


def bodies(base: type[Body] = Body) -> Iterator[type[Body]]:
    for each in base.__subclasses__():
        yield each
        yield from bodies(each)


def id_fields() -> list[Any]:
    """Return every field of every request body that is an id, or may be one."""
    return [
        pytest.param(field.rebuild_annotation(), id=f"{body.__name__}.{name}")
        for body in sorted(set(bodies()), key=lambda each: each.__name__)
        for name, field in body.model_fields.items()
        if "UUID" in repr(field.annotation) and get_origin(field.annotation) is not list
    ]


@pytest.mark.parametrize("annotation", id_fields())
def test_empty_string_is_the_nil_id_in_every_body(annotation: Any) -> None:
    assert TypeAdapter(annotation).validate_python("") == NIL


def test_bodies_with_ids_are_found() -> None:
    assert {each.id for each in id_fields()} >= {
        "ConferenceBody.id",
        "CallBody.flow_id",
        "FlowBody.on_complete_flow_id",
    }


async def test_vn_conferences_create(api: ApiClient) -> None:
    body = {
        "type": "conference",
        "id": "",
        "name": "standup",
        "detail": "",
        "timeout": 0,
        "data": {},
        "pre_flow_id": "",
        "post_flow_id": "",
    }
    status, room = await api.post("/v1.0/conferences", body)
    assert (status, room["pre_flow_id"], room["post_flow_id"], room["name"]) == (200, NONE, NONE, "standup")
    assert UUID(room["id"]) != NIL
    _, again = await api.post("/v1.0/conferences", {**body, "name": "another"})
    assert again["id"] != room["id"]


@pytest.mark.parametrize(
    ("path", "body", "empty"),
    [
        ("/numbers", {"number": "+15550100"}, ("call_flow_id", "message_flow_id")),
        ("/flows", {"name": "f", "actions": []}, ("on_complete_flow_id",)),
        ("/activeflows", {"actions": []}, ("id", "flow_id")),
        ("/calls", {"destinations": [{"type": "sip", "target": "x@192.0.2.1"}]}, ("flow_id",)),
    ],
)
async def test_empty_ids_are_understood(
    api: ApiClient, path: str, body: dict[str, Any], empty: tuple[str, ...]
) -> None:
    status, answer = await api.post(f"/v1.0{path}", body | dict.fromkeys(empty, ""))
    assert status in (200, 503), answer  # 503: this server has no SIP transport


async def test_action_ids_may_be_empty(api: ApiClient) -> None:
    actions = [{"id": "", "next_id": "", "type": "goto", "option": {"target_id": "", "loop_count": 1}}]
    status, flow = await api.post("/v1.0/flows", {"actions": actions})
    assert (status, flow["actions"][0]["next_id"]) == (200, NONE)
    assert UUID(flow["actions"][0]["id"]) != NIL


async def test_call_without_flow_and_actions_runs_an_empty_flow(api: ApiClient) -> None:
    bodies_without: tuple[dict[str, Any], ...] = (
        {},
        {"flow_id": ""},
        {"actions": []},
        {"flow_id": NONE, "actions": None},
    )
    for body in bodies_without:
        destinations = [{"type": "sip", "target": "someone@192.0.2.1"}]
        status, answer = await api.post("/v1.0/calls", {"destinations": destinations, **body})
        assert status == 200, answer
        (call,) = answer["calls"]
        assert (call["flow_id"], call["action"]) == (
            NONE,
            {"id": NONE, "next_id": NONE, "type": "", "option": {}, "tm_execute": NEVER},
        )


@pytest.mark.parametrize(("asked", "shown"), [("", "conference"), ("queue", "queue"), ("connect", "connect")])
async def test_types_of_conferences(api: ApiClient, asked: str, shown: str) -> None:
    status, room = await api.post("/v1.0/conferences", {"type": asked})
    assert (status, room["type"]) == (200, shown)


async def test_type_of_a_number_and_its_metadata(api: ApiClient) -> None:
    body = {
        "number": "+15550100",
        "type": "normal",
        "name": "",
        "detail": "",
        "metadata": {"rtp_debug": True},
    }
    status, number = await api.post("/v1.0/numbers", body)
    assert (status, number["type"], number["metadata"]) == (200, "normal", {"rtp_debug": True})
    path = f"/v1.0/numbers/{number['id']}/metadata"
    _, changed = await api.send("PUT", path, json={"rtp_debug": False})
    assert changed["metadata"] == {"rtp_debug": False}
    _, changed = await api.send("PUT", path, json={"metadata": {"mine": 1}})
    assert changed["metadata"] == {"mine": 1}
    status, refusal = await api.post("/v1.0/numbers", {"number": "+15550101", "type": "toll"})
    assert (status, refusal["error"]["reason"]) == (400, "INVALID_ARGUMENT")


async def test_me_with_an_access_key_needs_an_agent(api: ApiClient) -> None:
    for method, path, body in (
        ("GET", "/v1.0/me", None),
        ("PUT", "/v1.0/me", {}),
        ("PUT", "/v1.0/me/password", {"password": "long enough"}),
    ):
        status, refusal = await api.send(method, path, json=body)
        error = refusal["error"]
        assert (status, error["status"], error["reason"]) == (403, "PERMISSION_DENIED", "AGENT_AUTH_REQUIRED")


async def transcripts(api: ApiClient, count: int) -> TranscribeId:
    """Store a transcribe with this many transcripts, whose messages are their numbers."""
    _, customers = await api.get("/v1.0/customers")
    customer_id = CustomerId(UUID(customers["result"][0]["id"]))
    now = SystemClock().now
    transcribe_id = TranscribeId(new_id())
    async with api.store.transaction() as tx:
        await tx.transcribes.add(
            Transcribe(
                id=transcribe_id,
                customer_id=customer_id,
                reference_type="recording",
                reference_id=uuid4(),
                status=TranscribeStatus.DONE,
                language="en-US",
                direction="both",
                provider="",
                on_end_flow_id=NIL,
                tm_create=now(),
            )
        )
        for number in range(count):
            await tx.transcripts.add(
                Transcript(
                    id=TranscriptId(new_id()),
                    customer_id=customer_id,
                    transcribe_id=transcribe_id,
                    direction="in",
                    message=str(number),
                    conferencecall_id=NIL,
                    call_id=NIL,
                    label="",
                    start_us=number * 1_234_567,
                    end_us=number * 1_234_567 + 1,
                    confidence=1.0,
                    tm_create=now(),
                )
            )
    return transcribe_id


async def test_transcripts_are_paged_as_every_list(api: ApiClient) -> None:
    transcribe_id = await transcripts(api, 101)
    path = f"/v1.0/transcripts?transcribe_id={transcribe_id}"
    _, first = await api.get(path)
    assert [each["message"] for each in first["result"]] == [str(n) for n in range(100, 0, -1)]
    assert first["next_page_token"] == first["result"][-1]["tm_create"]
    assert (first["result"][0]["offset_ms"], first["result"][0]["start_s"]) == (123_456, 123.4567)
    _, rest = await api.get(f"{path}&page_token={first['next_page_token']}")
    assert [each["message"] for each in rest["result"]] == ["0"]
    assert rest["next_page_token"] == ""
    seen: list[str] = []
    token = ""
    while True:
        _, page = await api.get(f"{path}&page_size=40&page_token={token}")
        seen += [each["message"] for each in page["result"]]
        if not (token := page["next_page_token"]):
            break
    assert seen == [str(n) for n in range(100, -1, -1)]
    status, refusal = await api.get(f"{path}&page_size=x")
    assert (status, refusal["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")
