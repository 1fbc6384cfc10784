"""Writes the table as an OpenAPI 3.1 document."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from mixminus.api.errors import kind_of
from mixminus.api.openapi.implied import errors_of, parameters_of
from mixminus.api.openapi.operation import JSON, Answer, Operation, Parameter, RequestBody
from mixminus.api.openapi.shapes import ErrorEnvelope
from mixminus.api.paths import ROOT
from mixminus.api.schemas import Body

__all__ = ["document"]

Json = dict[str, Any]
SCHEMAS: Final = "#/components/schemas/"
NOT_MODIFIED: Final = 304
ABOUT: Final = """\
Rooms where phones and browsers meet, compatible with VoIPBIN's Conference API.

Every request carries an access key. Bodies are read as JSON whatever their Content-Type; unknown keys
are ignored, and null is as good as absent. `/v1` is the same as `/v1.0`. Nothing of another customer's
can be found. Success is 200. An error is always the same envelope: branch on its `reason`.
"""
SECURITY_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "token": {"type": "apiKey", "in": "query", "name": "token"},
    "tokenCookie": {"type": "apiKey", "in": "cookie", "name": "token"},
    "accesskey": {"type": "apiKey", "in": "query", "name": "accesskey"},
    "accesskeyCookie": {"type": "apiKey", "in": "cookie", "name": "accesskey"},
}
REQUEST_ID: Final = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
ENTITY_TAG: Final = {"ETag": {"$ref": "#/components/headers/EntityTag"}}
HEADERS: Final = {
    "RequestId": {
        "description": "The request's name: yours if it was safe to repeat, else a new one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
    },
    "EntityTag": {
        "description": "Changes whenever the resource does; for `If-None-Match` and `If-Match`.",
        "schema": {"type": "string"},
    },
}


class _WithoutTitles(GenerateJsonSchema):
    """A field's name says what a title would repeat."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def get_title_from_name(self, name: str) -> str:
        return name

    def _update_class_schema(self, json_schema: Json, cls: type[Any], config: Any) -> None:
        super()._update_class_schema(json_schema, cls, config)
        json_schema.pop("title", None)
        if issubclass(cls, Body):
            # A body's docstring speaks to those who read the code.
            json_schema.pop("description", None)


def document(operations: Iterable[Operation], version: str) -> Json:
    """Return the description of these operations."""
    operations = tuple(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mixminus", "version": version, "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": _paths(operations),
        "components": {
            "schemas": _schemas(operations),
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _paths(operations: Iterable[Operation]) -> Json:
    paths: Json = {}
    for operation in operations:
        path = operation.path if operation.outside else ROOT + operation.path
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return paths


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [_parameter(each) for each in parameters_of(operation)],
        "responses": dict(sorted(_merged(_responses(operation)).items())),
    }
    if operation.description:
        described["description"] = operation.description
    if operation.body is not None:
        described["requestBody"] = _request_body(operation.body)
    if operation.open:
        described["security"] = []
    return described


def _parameter(parameter: Parameter) -> Json:
    return {
        "in": parameter.place,
        "name": parameter.name,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _request_body(body: RequestBody) -> Json:
    schema = {"$ref": SCHEMAS + body.model.__name__} if body.model else {"type": "string"}
    return {"required": body.required, "content": {body.media_type: {"schema": schema}}}


def _merged(responses: Iterable[tuple[str, Json]]) -> Json:
    """Return responses by status; one status may have several kinds of content."""
    merged: Json = {}
    for status, described in responses:
        if status in merged and "content" in described:
            merged[status]["content"] |= described["content"]
        else:
            merged[status] = described
    return merged


def _responses(operation: Operation) -> Iterator[tuple[str, Json]]:
    tagged = operation.is_single and operation.method in ("GET", "PUT", "PATCH")
    for answer in operation.answers:
        yield str(answer.status), _answer(answer, ENTITY_TAG if tagged else {})
    if operation.is_single and operation.method == "GET":
        headers = REQUEST_ID | ENTITY_TAG
        yield str(NOT_MODIFIED), {"description": "It is what you have.", "headers": headers}
    reasons: dict[int, set[str]] = {}
    for error in errors_of(operation):
        reasons.setdefault(kind_of(error).http_status, set()).add(error.reason)
    for status, words in reasons.items():
        yield str(status), _refusal(status, sorted(words))


def _answer(answer: Answer, headers: Mapping[str, Json]) -> Json:
    own = {name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()}
    described: Json = {"description": answer.description, "headers": {**REQUEST_ID, **headers, **own}}
    if answer.model is not None:
        described["content"] = {JSON: {"schema": {"$ref": SCHEMAS + answer.model.__name__}}}
    elif answer.media_type is not None:
        described["content"] = {answer.media_type: {}}
    return described


def _refusal(status: int, reasons: list[str]) -> Json:
    return {
        "description": f"{HTTPStatus(status).phrase}: " + ", ".join(f"`{reason}`" for reason in reasons),
        "headers": REQUEST_ID,
        "content": {JSON: {"schema": {"$ref": SCHEMAS + ErrorEnvelope.__name__}}},
        "x-reasons": reasons,
    }


def _schemas(operations: Iterable[Operation]) -> Json:
    modes: dict[type[BaseModel], Literal["validation", "serialization"]] = {ErrorEnvelope: "serialization"}
    for operation in operations:
        if operation.body is not None and operation.body.model is not None:
            modes[operation.body.model] = "validation"
        modes.update((each.model, "serialization") for each in operation.answers if each.model is not None)
    _, defined = models_json_schema(
        list(modes.items()), ref_template=SCHEMAS + "{model}", schema_generator=_WithoutTitles
    )
    schemas: Json = defined["$defs"]
    return schemas
