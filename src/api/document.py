"""The OpenAPI 3.1 document, generated from the operations and their models."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from mixminus.api.conventions import errors_of, parameters_of
from mixminus.api.errors import kind_of
from mixminus.api.operation import JSON, Answer, Operation, Parameter
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.wire.view import View

__all__ = ["ErrorEnvelope", "document"]

Json = dict[str, Any]
SCHEMAS: Final = "#/components/schemas/"
ABOUT: Final = """\
Audio conferences for phones and browsers, compatible with VoIPBIN's Conference API.

Every request carries an access key. Bodies are read as JSON whatever their Content-Type. Unknown keys
are ignored, and null means absent. `/v1` is an alias of `/v1.0`. Resources of other customers are not
found. Success is status 200. Every error has the same envelope: use its `reason` in programs.
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
        "description": "The id of the request: the client's if it is safe to repeat, else a new one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
    },
    "EntityTag": {
        "description": "Changes whenever the resource does; for `If-None-Match` and `If-Match`.",
        "schema": {"type": "string"},
    },
}


class ErrorView(View):
    """The reason why a request failed."""

    status: str
    """The category of the error."""
    reason: str
    """The code of the error, for programs."""
    message: str
    """A text for people; it may change between versions."""
    request_id: str
    """The same as the header `X-Request-Id` and in the server's log."""


class ErrorEnvelope(View):
    """The body of every error."""

    error: ErrorView


class _Schemas(GenerateJsonSchema):
    """Schemas without titles, which would repeat the names of fields, and without defaults of answers."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def get_title_from_name(self, name: str) -> str:
        return name

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name).removesuffix("View")

    def default_schema(self, schema: Any) -> Json:
        return (
            self.generate_inner(schema["schema"])
            if self.mode == "serialization"
            else super().default_schema(schema)
        )

    def _update_class_schema(self, json_schema: Json, cls: type[Any], config: Any) -> None:
        super()._update_class_schema(json_schema, cls, config)
        json_schema.pop("title", None)
        if not issubclass(cls, View):
            # The docstring of a body is for readers of the code.
            json_schema.pop("description", None)


def document(operations: Iterable[Operation], version: str) -> Json:
    """Return the OpenAPI document of these operations."""
    operations = tuple(operations)
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.full_path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mixminus", "version": version, "description": ABOUT, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "tags": [{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


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
    if operation.has_body:
        schema = _reference(operation.body) if operation.body else {"type": "string"}
        content = {operation.body_type: {"schema": schema}}
        described["requestBody"] = {"required": not operation.optional_body, "content": content}
    if operation.open:
        described["security"] = []
    else:
        # The bits of which a caller must hold one; 0: any credential will do.
        described["x-permission"] = operation.accepted.value
    return described


def _parameter(parameter: Parameter) -> Json:
    return {
        "in": parameter.place,
        "name": parameter.name,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _merged(responses: Iterable[tuple[str, Json]]) -> Json:
    """Return responses by status; one status may have several media types."""
    merged: Json = {}
    for status, described in responses:
        if status in merged and "content" in described:
            merged[status]["content"] |= described["content"]
        else:
            merged[status] = described
    return merged


def _responses(operation: Operation) -> Iterator[tuple[str, Json]]:
    tagged = operation.is_single and operation.method in ("GET", "PUT", "PATCH")
    for answer in answers_of(operation):
        yield str(answer.status), _answer(answer, ENTITY_TAG if tagged else {})
    if operation.is_single and operation.method == "GET":
        unchanged = {"description": "The resource has not changed.", "headers": REQUEST_ID | ENTITY_TAG}
        yield str(HTTPStatus.NOT_MODIFIED.value), unchanged
    reasons: dict[int, set[str]] = {}
    for error in errors_of(operation):
        reasons.setdefault(kind_of(error).http_status, set()).add(error.reason)
    for status, words in reasons.items():
        yield str(status), _refusal(status, sorted(words))


def answers_of(operation: Operation) -> tuple[Answer, ...]:
    """Return the successful answers of an operation."""
    if operation.model is None:
        return operation.answers or (Answer(),)
    text = "A page of the list." if operation.page else "The resource as it is now."
    headers = {"Cache-Control": "`no-store`."} if operation.secret else {}
    return (*(operation.answers), Answer(operation.model, description=text, headers=headers))


def _answer(answer: Answer, headers: Mapping[str, Json]) -> Json:
    own = {name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()}
    described: Json = {"description": answer.description, "headers": {**REQUEST_ID, **headers, **own}}
    if answer.model is not None:
        described["content"] = {JSON: {"schema": _reference(answer.model)}}
    elif answer.media_type is not None:
        described["content"] = {answer.media_type: {}}
    return described


def _refusal(status: int, reasons: list[str]) -> Json:
    return {
        "description": f"{HTTPStatus(status).phrase}: " + ", ".join(f"`{reason}`" for reason in reasons),
        "headers": REQUEST_ID,
        "content": {JSON: {"schema": _reference(ErrorEnvelope)}},
        "x-reasons": reasons,
    }


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": SCHEMAS + model.__name__.removesuffix("View")}


def _schemas(operations: Iterable[Operation]) -> Json:
    modes: dict[type[BaseModel], Literal["validation", "serialization"]] = {ErrorEnvelope: "serialization"}
    for operation in operations:
        if operation.body is not None:
            modes[operation.body] = "validation"
        modes |= {each.model: "serialization" for each in answers_of(operation) if each.model is not None}
    _, defined = models_json_schema(
        list(modes.items()), ref_template=SCHEMAS + "{model}", schema_generator=_Schemas
    )
    schemas: Json = defined["$defs"]
    return schemas | {"Action": CATALOGUE.json_schema()}
