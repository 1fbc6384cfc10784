"""Random requests generated from the OpenAPI document: every answer conforms to it.

The requests are the same in every run (``derandomize``, ``support.chance``). Half of the identifiers exist: each
operation has resources of its own, with a phone if it is about calls, so that one operation may delete them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mixminus.api.application import OPERATIONS
from mixminus.api.document import document
from tests.support.chance import STEADY
from tests.support.database import settings_for_a_server
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually

EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
PASSWORD = "an admin's password"
OF_THE_SUPER_ADMIN = ("/me", "/customers")
OF_CALLS = ("/calls", "/conferencecalls")
OF_RECORDINGS = ("/recordings", "/recordingfiles")
WHILE_RECORDING = ("/recording_stop", "/recording_pause", "/recording_resume")
# Random requests are never an SDP offer or a WebSocket handshake, and call no phone that exists.
NOT_REACHABLE = {
    "POST /v1.0/conferences/{id}/whip",
    "PATCH /v1.0/conferences/{id}/whip/{session_id}",
    "DELETE /v1.0/conferences/{id}/whip/{session_id}",
    "GET /v1.0/ws",
    "GET /v1.0/service_agents/ws",
    "POST /auth/login",
    "POST /v1.0/calls",
    "POST /v1.0/calls/{id}/transfer",
    "POST /v1.0/groupcalls",
    "DELETE /v1.0/groupcalls/{id}",
    "POST /v1.0/groupcalls/{id}/hangup",
    "GET /v1.0/groupcalls/{id}",
}

described = document(OPERATIONS, "test")
# An activeflow with random valid actions may loop for hours and slow down the server; most random objects are rejected.
described["components"]["schemas"]["Action"] = {"type": "object"}
schema = schemathesis.openapi.from_dict(described)
reached: dict[str, set[int]] = {}
"""The statuses that each operation answered."""


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    chosen = {"MIXMINUS_ADMIN_PASSWORD": PASSWORD, "MIXMINUS_RATE_LIMITS": "off", **settings_for_a_server()}
    with Server(tmp_path_factory.mktemp("server"), **chosen) as running:
        yield running
    assert "Traceback" not in running.log, running.log[-3000:]


class Known:
    """A resource of each kind, created for each operation, and the token of the caller."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._operation = ""
        self._phones = ExitStack()
        self.ids: dict[str, str] = {}
        """By collection."""
        self.token = ""
        self.asked = 0
        """The number of requests so far."""

    def prepare(self, name: str, path: str) -> None:
        """Create the resources for an operation, unless it is the same as before."""
        if name == self._operation:
            return
        self.close()
        self._operation, self.asked = name, 0
        room, mark = self._server.new_room(), uuid4().hex[:12]
        self.ids = {
            "conferences": room,
            "agents": self._made("/agents", {"username": f"agent {uuid4()}", "password": PASSWORD}),
            "accesskeys": self._made("/accesskeys", {"expire": 86400}),
            "flows": self._made("/flows", {"name": "known"}),
            "numbers": self._made("/numbers", {"number": f"+899{int(mark, 16)}"}),
            "extensions": self._made("/extensions", {"extension": mark, "password": PASSWORD}),
            "trunks": self._made("/trunks", {"domain_name": mark}),
        }
        self.ids["activeflows"] = self._made("/activeflows", {"flow_id": self.ids["flows"]})
        self.token = ACCESS_KEY
        if path.startswith(OF_THE_SUPER_ADMIN):
            self.token = self._boss()
            self.ids["customers"] = self._made("/customers", {"name": "another"}, token=self.token)
        if path.startswith(OF_RECORDINGS):
            self.ids["recordings"] = self.ids["recordingfiles"] = self._recorded(room)
        if path.startswith("/transcribes"):
            self.ids["transcribes"] = self._transcribed(room)
            self.ids["recordings"] = self._recorded(room)
        if path.startswith("/conferences") and path.endswith(WHILE_RECORDING):
            self._server.call("POST", f"/conferences/{room}/recording_start")
        if path.endswith("/recording_resume"):
            self._server.call("POST", f"/conferences/{room}/recording_pause")
        if path.startswith(OF_CALLS):
            self._ring(room)

    def close(self) -> None:
        self._phones.close()

    def _made(self, collection: str, body: object, token: str = ACCESS_KEY) -> str:
        answer = self._server.call("POST", collection, body, token=token)
        assert answer.status == 200, answer.body
        return str(answer.json["id"])

    def _transcribed(self, room: str) -> str:
        answer = self._server.call("POST", f"/conferences/{room}/transcribe_start", {"language": "en-US"})
        made: str = answer.json["transcribe_id"]
        return made

    def _recorded(self, room: str) -> str:
        made: str = self._server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
        self._server.call("POST", f"/conferences/{room}/recording_stop")
        where = f"/recordings/{made}"
        eventually(lambda: self._server.call("GET", where).json["status"] == "ended", what="it ends")
        return made

    def _ring(self, room: str) -> None:
        phone = self._phones.enter_context(RawPhone())
        self._phones.callback(part, phone)
        phone.dial((self._server.host, self._server.sip_port), room)
        (participant,) = self._server.wait_for_participants(room, 1)
        call = self._server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
        self.ids |= {"conferencecalls": participant, "calls": call}

    def _boss(self) -> str:
        """Create a super admin for this operation, which may delete it, and return a session."""
        admin, name = login(self._server, "admin"), f"boss {uuid4()}"
        body = {"username": name, "password": PASSWORD, "permission": 65535}
        assert self._server.call("POST", "/agents", body, token=admin).status == 200
        return login(self._server, name)


def part(phone: RawPhone) -> None:
    """Hang up, even if the server has hung up already."""
    with suppress(AssertionError, TimeoutError):
        phone.hang_up()
    phone.forget()


@pytest.fixture(scope="module")
def known(server: Server) -> Iterator[Known]:
    with closing(Known(server)) as opened:
        yield opened


def login(server: Server, username: str) -> str:
    body = f'{{"username":"{username}","password":"{PASSWORD}"}}'
    token: str = server.request("POST", "/auth/login", body=body.encode()).json["token"]
    return token


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    backend=STEADY,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_conforms_to_the_document(
    case: schemathesis.Case[Any], server: Server, known: Known
) -> None:
    name = f"{case.operation.method.upper()} {case.operation.path}"
    known.prepare(name, case.operation.path.removeprefix("/v1.0"))
    known.asked += 1
    collection = next((each for each in known.ids if f"/{each}/" in case.operation.path), "")
    if case.path_parameters and collection and known.asked % 2:
        case.path_parameters["id"] = known.ids[collection]
    if name == "POST /v1.0/transcribes" and known.asked % 2:
        reference = {"reference_type": "recording", "reference_id": known.ids["recordings"]}
        case.body = {"language": "en-US", **reference}
    if known.asked % 4:
        # Otherwise nearly every POST would be refused because its key was used for another request.
        case.headers.pop("Idempotency-Key", None)
    response = case.call(base_url=server.url, headers={"Authorization": f"Bearer {known.token}"})
    reached.setdefault(name, set()).add(response.status_code)
    case.validate_response(response, checks=CHECKS)


def test_every_operation_succeeded_at_least_once() -> None:
    if len(reached) < len(OPERATIONS):
        pytest.skip("only some of the operations were asked for")
    # A new collection needs a line in Known.prepare.
    failing = {name for name, statuses in reached.items() if not any(200 <= each < 300 for each in statuses)}
    assert failing <= NOT_REACHABLE, {name: reached[name] for name in failing - NOT_REACHABLE}
