"""Reading one field of an action's option; InvalidArgument says which field is wrong, its name first.

A field may be missing: each reader has its default. Words and numbers may be written as
``${variable}``, too; such a field is not looked at before it is known what it holds.
"""

import enum
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL

__all__ = [
    "OptionFields",
    "read_choice",
    "read_flag",
    "read_text",
    "read_texts",
    "read_uuid",
    "read_whole",
    "read_wholes",
]

OptionFields = Mapping[str, Any]
Choice = TypeVar("Choice", bound=enum.StrEnum)


def read_uuid(fields: OptionFields, key: str) -> uuid.UUID:
    """Return a UUID; the nil one where there is none."""
    try:
        return uuid.UUID(str(fields.get(key) or NIL))
    except ValueError:
        raise InvalidArgument(f"{key}: is not a UUID") from None


def read_whole(
    fields: OptionFields, key: str, default: int = 0, *, least: int | None = None, most: int | None = None
) -> int:
    """Return a whole number, the default where there is none; a variable's digits are one, too."""
    return _whole(fields.get(key), key, default, (least, most))


def read_wholes(fields: OptionFields, key: str) -> tuple[int, ...]:
    """Return a list of whole numbers, empty where there is none."""
    found = fields.get(key) or []
    return tuple(_whole(each, f"{key}[{index}]", 0) for index, each in enumerate(_listed(found, key)))


def read_text(fields: OptionFields, key: str, default: str = "") -> str:
    """Return text; the default where there is none, or an empty one."""
    text = fields.get(key)
    if text is not None and not isinstance(text, str):
        raise InvalidArgument(f"{key}: is not text")
    return text or default


def read_texts(fields: OptionFields, key: str) -> tuple[str, ...]:
    """Return a list of texts, empty where there is none."""
    found = _listed(fields.get(key) or [], key)
    for index, each in enumerate(found):
        if not isinstance(each, str):
            raise InvalidArgument(f"{key}[{index}]: is not text")
    return tuple(found)


def read_flag(fields: OptionFields, key: str, default: bool = False) -> bool:
    """Return true or false; the default where there is neither."""
    flag = fields.get(key)
    if flag is not None and not isinstance(flag, bool):
        raise InvalidArgument(f"{key}: is neither true nor false")
    return default if flag is None else flag


def read_choice(fields: OptionFields, key: str, default: Choice) -> Choice:
    """Return one of an enum's words; the default where there is none."""
    word = fields.get(key)
    try:
        return type(default)(default if word in (None, "") else word)
    except ValueError:
        words = ", ".join(each.value for each in type(default) if each.value)
        raise InvalidArgument(f"{key}: is none of {words}") from None


def _whole(value: object, key: str, default: int, span: tuple[int | None, int | None] = (None, None)) -> int:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value[:20])
    if value is None or value == "":
        return default
    if type(value) is not int:
        raise InvalidArgument(f"{key}: is not a whole number")
    least, most = span
    if least is not None and value < least:
        raise InvalidArgument(f"{key}: is less than {least}")
    if most is not None and value > most:
        raise InvalidArgument(f"{key}: is more than {most}")
    return value


def _listed(value: object, key: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise InvalidArgument(f"{key}: is not a list")
    return value
