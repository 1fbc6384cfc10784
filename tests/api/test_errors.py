"""Every error class has a reason of the API's catalogue and its status (api.md section 14)."""

import importlib
import pkgutil
from collections.abc import Iterator

import orjson
import pytest

import mixminus
from mixminus.api.errors import error_response, kind_of
from mixminus.errors import MixMinusError

# api.md section 14.1.
HTTP_STATUSES = {
    "INVALID_ARGUMENT": {400},
    "UNAUTHENTICATED": {401},
    "PAYMENT_REQUIRED": {402},
    "PERMISSION_DENIED": {403},
    "NOT_FOUND": {404},
    "ALREADY_EXISTS": {409},
    "FAILED_PRECONDITION": {409},
    "RESOURCE_EXHAUSTED": {429},
    "INTERNAL": {500},
    "UNAVAILABLE": {503},
}
# Of HTTP extensions that VoIPBIN does not have: WHIP, entity tags, Idempotency-Key.
BEYOND = {"FAILED_PRECONDITION": {412, 428}, "INVALID_ARGUMENT": {415, 422}}
# api.md section 14.2; the set is append-only.
REASONS = {
    "AUTHENTICATION_REQUIRED",
    "INVALID_CREDENTIALS",
    "ACCOUNT_FROZEN",
    "PERMISSION_DENIED",
    "DIRECT_ACCESS_NOT_SUPPORTED",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_NOT_FOUND",
    "ROUTE_NOT_FOUND",
    "INVALID_ARGUMENT",
    "INVALID_JSON_BODY",
    "INVALID_ID",
    "INVALID_REQUEST_PARAMETER",
    "MISSING_REQUEST_PARAMETER",
    "STATE_INVALID",
    "INSUFFICIENT_BALANCE",
    "REQUEST_TIMEOUT",
    "REQUEST_CANCELED",
    "SERVICE_UNAVAILABLE",
    "INTERNAL",
    "CONFERENCE_NOT_FOUND",
    "CONFERENCECALL_NOT_FOUND",
    "CALL_NOT_FOUND",
    "CALL_ALREADY_HANGUP",
    "CALL_STATE_INVALID",
    "GROUPCALL_NOT_FOUND",
    "RECORDING_NOT_FOUND",
    "RECORDING_ALREADY_ACTIVE",
    "RECORDING_NOT_ACTIVE",
    "FLOW_NOT_FOUND",
    "ACTIVEFLOW_NOT_FOUND",
    "FLOW_STATE_INVALID",
    "INVALID_ACTION_TYPE",
    "TRANSCRIBE_NOT_FOUND",
    "TRANSCRIBE_ALREADY_PROGRESSING",
    "SPEAKING_NOT_FOUND",
    "NUMBER_NOT_FOUND",
    "EXTENSION_NOT_FOUND",
    "ACCESSKEY_NOT_FOUND",
    "CUSTOMER_NOT_FOUND",
    "AGENT_NOT_FOUND",
    "FILE_NOT_FOUND",
}
CONFLICTS = {
    "STATE_INVALID",
    "CALL_STATE_INVALID",
    "CALL_ALREADY_HANGUP",
    "FLOW_STATE_INVALID",
    "RECORDING_ALREADY_ACTIVE",
    "RECORDING_NOT_ACTIVE",
    "TRANSCRIBE_ALREADY_PROGRESSING",
}


def every_error() -> list[type[MixMinusError]]:
    for module in pkgutil.walk_packages(mixminus.__path__, "mixminus."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    return sorted(_below(MixMinusError), key=lambda error: error.__qualname__)


def _below(error: type[MixMinusError]) -> Iterator[type[MixMinusError]]:
    yield error
    for each in error.__subclasses__():
        yield from _below(each)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__qualname__)
def test_every_error_has_a_status_and_a_known_reason(error: type[MixMinusError]) -> None:
    kind = kind_of(error)
    assert kind.http_status in HTTP_STATUSES[kind.status] | BEYOND.get(kind.status, set())
    assert error.reason == error.reason.upper()
    if error.reason in REASONS:
        assert kind.http_status in HTTP_STATUSES[kind.status]
    if error.reason in CONFLICTS:
        assert kind.http_status == 409
    if error.reason.endswith("_NOT_FOUND"):
        assert kind.http_status == 404


def test_envelope_has_four_keys_and_hides_internal_errors() -> None:
    response = error_response(MixMinusError("secret"), "req_1")
    assert isinstance(response.body, bytes)
    error = orjson.loads(response.body)["error"]
    assert error.keys() == {"status", "reason", "message", "request_id"}
    assert (response.status, error["reason"], error["request_id"]) == (500, "INTERNAL", "req_1")
    assert "secret" not in error["message"]
