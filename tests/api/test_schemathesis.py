"""Random requests made from the description: every answer is one that the description has.

Chance has a seed (``derandomize``). Half of the identifiers are of things that are there.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mixminus.api.openapi.document import document
from mixminus.api.openapi.table import OPERATIONS
from tests.support.database import settings_for_a_server
from tests.support.server import ACCESS_KEY, Server

EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
COLLECTIONS = (
    "conferences",
    "conferencecalls",
    "calls",
    "recordings",
    "recordingfiles",
    "flows",
    "activeflows",
)

schema = schemathesis.openapi.from_dict(document(OPERATIONS, "test"))


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), **settings_for_a_server()) as running:
        yield running
    assert "Traceback" not in running.log, running.log[-3000:]


@pytest.fixture(scope="module")
def known(server: Server) -> dict[str, str]:
    """One thing of each kind that can be had without a phone, by its collection."""
    room = server.new_room()
    recording = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
    flow = server.call("POST", "/flows", {"name": "known"}).json["id"]
    activeflow = server.call("POST", "/activeflows", {"flow_id": flow}).json["id"]
    return {
        "conferences": room,
        "recordings": recording,
        "recordingfiles": recording,
        "flows": flow,
        "activeflows": activeflow,
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(
    case: schemathesis.Case[Any], server: Server, known: dict[str, str]
) -> None:
    collection = next((each for each in COLLECTIONS if f"/{each}/" in case.operation.path), "")
    if case.path_parameters and collection in known and len(str(case.query)) % 2 == 0:
        case.path_parameters["id"] = known[collection]
    if len(str(case.body)) % 4:
        # Else nearly every POST would be another request under a key that was used.
        case.headers.pop("Idempotency-Key", None)
    headers = {"Authorization": f"Bearer {ACCESS_KEY}"}
    response = case.call(base_url=server.url, headers=headers)
    case.validate_response(response, checks=CHECKS)
