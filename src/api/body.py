"""Body: the JSON object of a request. Unknown keys are ignored, JSON types are strict, null means absent."""

from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from mixminus.api.errors import InvalidJsonBody
from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL
from mixminus.model.signalling import own_headers

__all__ = ["MAX_SECONDS", "ActionBody", "Body", "HeadersBody", "Text", "Uuid", "read"]

MAX_SECONDS: Final = 2**31 - 1
_MAX_DEPTH: Final = 64
"""Of objects and arrays in each other: what stores and renders a body afterwards has limits of its own, from 255 on."""


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Uuid = Annotated[UUID, Strict(False), BeforeValidator(lambda value: NIL if value == "" else value)]
"""JSON has no UUIDs, so it is read from a string; the empty string is the nil UUID, as clients in Go send it."""
ActionBody = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Action"})]
"""An action of a flow; the flow's catalogue validates it, and provides the schema (document.py)."""


HeadersBody = Annotated[dict[Text, Text], AfterValidator(own_headers)]
"""Own headers of a SIP message, within bounds."""


class Body(BaseModel):
    """A JSON object that a client sends."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value


Schema = TypeVar("Schema", bound=Body)


async def read(request: web.Request, schema: type[Schema], *, optional: bool = False) -> Schema:
    """Parse the request body as JSON, whatever its Content-Type; an optional body may be empty.

    Raises InvalidJsonBody for a wrong JSON type, InvalidArgument for a wrong value.
    """
    raw = await request.read()
    if optional and not raw.strip():
        raw = b"{}"
    try:
        value = orjson.loads(raw)
        if _is_deeper(value, _MAX_DEPTH):
            raise InvalidJsonBody(
                f"the body is nested too deeply: at most {_MAX_DEPTH} objects and arrays in each other"
            )
        return schema.model_validate(value)
    except orjson.JSONDecodeError:
        raise InvalidJsonBody("the body is not valid JSON: send a JSON object") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _error_of(first["type"], first["loc"], first["msg"]) from None


def _is_deeper(value: Any, most: int) -> bool:  # any JSON
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _error_of(kind: str, location: tuple[int | str, ...], problem: str) -> InvalidArgument:
    where = ".".join(str(part) for part in location) or "the body"
    is_wrong_type = kind.endswith("_type")
    return (InvalidJsonBody if is_wrong_type else InvalidArgument)(f"{where}: {problem}")
