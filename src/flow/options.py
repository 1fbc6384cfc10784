"""Option: base of the models that validate and document the ``option`` object of actions (api.md 6.5).

Every field has a default; null, an empty string, an empty list and an empty object mean the default.
Unknown keys are ignored. A number may also be written as a string of digits, because variables
(``${name}``) are replaced by strings before an action is executed.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    ValidationError,
    model_validator,
)

from mixminus.errors import InvalidArgument
from mixminus.flow.labels import action_id
from mixminus.model.ids import NIL
from mixminus.model.signalling import own_headers

__all__ = [
    "Flag",
    "Headers",
    "Option",
    "Target",
    "Text",
    "Uuid",
    "Whole",
    "read_action_id",
    "validate_option",
]

OptionT = TypeVar("OptionT", bound="Option")


Headers = Annotated[dict[str, str], AfterValidator(own_headers)]
"""Own headers of a SIP message: ``X-...`` and ``User-to-User``."""


class Option(BaseModel):
    """The option of one type of action; a field's alias is its name in JSON where the two differ."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, fields: Any) -> Any:
        return {key: value for key, value in fields.items() if value not in (None, "", [], {})}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return a JSON schema without references; a field that is not text may be a text with variables."""
        generated = cls.model_json_schema()
        schema: dict[str, Any] = _plain(generated, generated.pop("$defs", {}))
        fields = schema["properties"].items()
        return {**schema, "properties": {name: _or_variable(each) for name, each in fields}}


def validate_option(model: type[OptionT], raw: Mapping[str, Any]) -> OptionT:
    """Return the validated option; InvalidArgument says which field is wrong, its name first."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise InvalidArgument(_describe(error)) from None


def read_action_id(fields: Mapping[str, Any], key: str) -> UUID:
    """Return the id of an action in a field, nil if it is absent or empty; InvalidArgument if it is none."""
    try:
        return action_id(fields.get(key))
    except ValueError as error:
        raise InvalidArgument(f"{key}: {error}") from None


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value or NIL))
    except ValueError:
        raise ValueError("is not a UUID") from None


def _whole(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value[:20])
    if value is None or value == "":
        return 0
    if type(value) is not int:
        raise ValueError("is not a whole number")
    return value


Text = Annotated[str, Strict()]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, BeforeValidator(_whole)]
Uuid = Annotated[UUID, BeforeValidator(_uuid)]
Target = Annotated[UUID, BeforeValidator(action_id)]
"""The id or the label of an action."""

_MESSAGES: Final = {
    "dataclass_type": "is not an object",
    "bool_type": "is neither true nor false",
    "dict_type": "is not an object",
    "enum": "is none of {expected}",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "string_type": "is not text",
    "too_long": "has more than {max_length} elements",
    "tuple_type": "is not a list",
}


def _describe(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    details = first.get("ctx", {})
    message = _MESSAGES.get(first["type"], first["msg"])
    problem = str(details["error"]) if first["type"] == "value_error" else message.format_map(details)
    return f"{where.removeprefix('.')}: {problem}"


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema with its definitions in place of references to them, and without titles."""
    if isinstance(schema, list):
        return [_plain(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        schema = definitions[reference.rpartition("/")[2]] | {
            key: value for key, value in schema.items() if key != "$ref"
        }
    return {
        key: _plain(value, definitions)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


def _or_variable(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") == "string" and not {"enum", "const", "format"} & schema.keys():
        return schema
    inner = {key: value for key, value in schema.items() if key not in ("default", "description")}
    return {"anyOf": [inner, {"type": "string"}]} | {key: schema[key] for key in schema.keys() - inner.keys()}
