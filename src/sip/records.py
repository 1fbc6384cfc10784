"""Records: how a message becomes bytes and comes back; JSON, tagged with the class's name."""

import base64
import binascii
import dataclasses
import enum
import functools
import types
import typing
import uuid
from typing import Any, Final

import orjson

from mixminus.errors import InvalidArgument
from mixminus.sip.messages import Message

__all__ = ["MAX_MESSAGE_BYTES", "MalformedMessage", "decode", "encode"]

MAX_MESSAGE_BYTES: Final = 65_536
_CLASSES: Final[dict[str, type]] = {each.__name__: each for each in typing.get_args(Message)}


class MalformedMessage(InvalidArgument):
    """Bytes that no process of ours has written, or a message too large to send."""

    reason = "MESSAGE_MALFORMED"


def encode(message: Message) -> bytes:
    """Return the record; raise MalformedMessage when it is larger than MAX_MESSAGE_BYTES, or no JSON."""
    try:
        record = orjson.dumps({"type": type(message).__name__, **_plain(message)})
    except orjson.JSONEncodeError as error:
        raise MalformedMessage(f"{type(message).__name__}: {error}") from error
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage(f"{type(message).__name__} is {len(record)} bytes long")
    return record


def _plain(message: object) -> dict[str, object]:
    return {each.name: _plain_value(getattr(message, each.name)) for each in dataclasses.fields(message)}  # type: ignore[arg-type]  # only dataclasses come here


def _plain_value(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _plain(value) if dataclasses.is_dataclass(value) else value


def decode(record: bytes) -> Message:
    """Return the message; raise MalformedMessage unless it is exactly one of ours."""
    if len(record) > MAX_MESSAGE_BYTES:
        raise MalformedMessage("the record is too large")
    try:
        fields = orjson.loads(record)
        kind = _CLASSES[fields.pop("type")]
        message: Message = _build(kind, fields)
    except (orjson.JSONDecodeError, binascii.Error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedMessage(f"not a message: {type(error).__name__}") from error
    return message


@functools.cache
def _types_of(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _build(kind: type, fields: dict[str, Any]) -> Any:
    hints = _types_of(kind)
    if unknown := fields.keys() - hints.keys():
        raise TypeError(f"unknown fields {unknown}")
    return kind(**{name: _value(hints[name], value) for name, value in fields.items()})


def _value(hint: Any, value: Any) -> Any:  # noqa: PLR0911 - a return for each kind of value
    hint = getattr(hint, "__supertype__", hint)
    if hint is uuid.UUID:
        return uuid.UUID(value)
    if hint is bytes:
        return base64.b64decode(value, validate=True)
    if typing.get_origin(hint) is typing.Literal:
        if value not in typing.get_args(hint):
            raise ValueError("a word that is not one of ours")
        return value
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast("type", hint), value)
    if isinstance(hint, types.GenericAlias):
        inner = typing.get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_value(each, part) for each, part in zip(kinds, value, strict=True))
    if issubclass(hint, enum.Enum):
        return hint(value)
    if type(value) is not hint and not (hint is float and type(value) is int):
        raise TypeError(f"{type(value).__name__} where {hint.__name__} is due")
    return value
