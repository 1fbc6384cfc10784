"""An id of another customer in a body or a query is like an unknown id, for every operation that takes one.

Which do is read from the OpenAPI document: an operation that is added fails here until it has a body to send.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document
from tests.api.client import ApiClient
from tests.api.test_isolation import Victim, offer, victim

__all__ = ["offer", "victim"]

DOCUMENT: Final = document(OPERATIONS, "0")
JSON: Final = "application/json"
OWN: Final = {
    "id",
    "customer_id",
    "tag_ids",
    "target_id",
    "false_target_id",
    "default_target_id",
    "session_id",
    "credit_id",
}
"""Names that the sender chooses itself; ``customer_id`` has tests of its own."""
SIP: Final = {"type": "sip", "target": "a@192.0.2.1"}
RESOURCES: Final = {
    "flow_id": "flows",
    "call_flow_id": "flows",
    "message_flow_id": "flows",
    "pre_flow_id": "flows",
    "post_flow_id": "flows",
    "on_end_flow_id": "flows",
    "on_complete_flow_id": "flows",
    "reference_id": "recordings",
    "conference_id": "conferences",
    "conferencecall_id": "conferencecalls",
    "transcribe_id": "transcribes",
    "extension_id": "extensions",
    "transferer_call_id": "calls",
    "sender_id": "conferencecalls",
    "recipient_id": "conferencecalls",
}
"""What each name refers to."""
BODIES: Final[dict[str, dict[str, Any]]] = {
    "POST /v1.0/conferences": {"type": "conference"},
    "PUT /v1.0/conferences/{id}": {"name": "new"},
    "POST /v1.0/conferences/{id}/recording_start": {},
    "POST /v1.0/conferences/{id}/transcribe_start": {"language": "en-US"},
    "POST /v1.0/conferencecalls/{id}/move": {},
    "POST /v1.0/calls": {"destinations": [SIP]},
    "POST /v1.0/conferences/{id}/media_streams": {"url": "ws://unknown.invalid/", "listen": "mix_minus"},
    "POST /v1.0/calls/{id}/recording_start": {},
    "POST /v1.0/transfers": {"transfer_type": "blind", "transferee_addresses": [SIP]},
    "POST /v1.0/conferences/{id}/messages": {"text": "hello"},
    "POST /v1.0/groupcalls": {"destinations": [SIP]},
    "POST /v1.0/flows": {"name": "new"},
    "PUT /v1.0/flows/{id}": {"name": "new"},
    "POST /v1.0/activeflows": {},
    "POST /v1.0/speakings": {"reference_type": "call"},
    "POST /v1.0/transcribes": {"reference_type": "recording", "language": "en-US"},
    "POST /v1.0/numbers": {},
    "PUT /v1.0/numbers/{id}": {},
    "PUT /v1.0/numbers/{id}/flow_ids": {},
}
OF_ONE_ROOM: Final = {"PUT /v1.0/conferences/{id}/hears"}
"""Its ids are of participants, and must be in the room."""


def fields_of(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of a body that hold an id; those of actions are read when a flow runs."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, described in schema.get("properties", {}).items():
        options = [described, *described.get("anyOf", ())]
        if any(each.get("format") == "uuid" for each in options):
            yield name


def references() -> Iterator[tuple[str, str, str]]:
    """Yield each operation with a field of its body, or a parameter of its query, that names a resource."""
    for path, methods in DOCUMENT["paths"].items():
        for method, described in methods.items():
            name = f"{method.upper()} {path}"
            content = described.get("requestBody", {}).get("content", {})
            in_body = fields_of(content[JSON]["schema"]) if JSON in content else ()
            yield from ((name, "body", field) for field in in_body if field not in OWN)
            for each in described["parameters"]:
                if (
                    each["in"] == "query"
                    and each["schema"].get("format") == "uuid"
                    and each["name"] not in OWN
                ):
                    yield name, "query", each["name"]


async def own_id(api: ApiClient, path: str, token: str, number: str) -> str:
    """Return the id of a resource of the sender that the path is about; of a call, which takes long to make, none."""
    if path.split("/")[2] == "conferences":
        return str((await api.room(token=token))["id"])
    made = {
        "flows": {"name": "own"},
        "numbers": {"number": number},
    }.get(path.split("/")[2])
    if made is None:
        return str(uuid4())
    status, answer = await api.send("POST", f"/v1.0/{path.split('/')[2]}", token=token, json=made)
    assert status == 200, answer
    return str(answer["id"])


@pytest.mark.parametrize(("name", "place", "field"), sorted(set(references())))
async def test_a_foreign_id_is_like_an_unknown_one(
    api: ApiClient, victim: Victim, name: str, place: str, field: str
) -> None:
    if name in OF_ONE_ROOM:
        pytest.fail("fields of this body are no single ids")
    token = await api.other_customer()
    method, path = name.split()
    answers = []
    for index, id_ in enumerate((victim.ids[RESOURCES[field]], str(uuid4()))):
        number = f"+1555019{index}"
        url = path.replace("{id}", await own_id(api, path, token, f"{number}0"))
        options: dict[str, Any] = {"params": {field: id_}}
        if place == "body":
            options = {
                "json": BODIES[name] | ({"number": number} if url == "/v1.0/numbers" else {}) | {field: id_}
            }
        status, answer = await api.send(method, url, token=token, **options)
        assert status < 500, answer
        text = str(answer)
        for foreign in victim.ids.values():
            assert foreign == id_ or foreign not in text
        if not isinstance(answer, dict):
            answer = {"result": text.splitlines()}
        answers.append((status, answer.get("error", {}).get("reason"), len(answer.get("result", ()))))
    assert answers[0] == answers[1]


def test_operations_with_references_are_found() -> None:
    found = set(references())
    assert ("POST /v1.0/calls", "body", "flow_id") in found
    assert ("GET /v1.0/transcripts", "query", "transcribe_id") in found
    assert {name for name, place, _ in found if place == "body"} == BODIES.keys()
