"""Dial-in: what a dialled target says (api.md section 13.2). Pure: nothing is looked up here."""

import enum
import re
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

__all__ = ["Dialled", "Kind", "read"]

_DIRECT: Final = "direct."
_UUID_LENGTH: Final = 36
_NUMBER = re.compile(r"\+?[0-9]{1,31}\Z", re.ASCII)
# E.123 and RFC 3966 let numbers be written for eyes.
_SEPARATORS: Final = str.maketrans("", "", " -.()")


class Kind(enum.Enum):
    """How a target wants to be looked up."""

    CONFERENCE = enum.auto()
    DIRECT = enum.auto()
    NUMBER = enum.auto()
    EXTENSION = enum.auto()
    USER = enum.auto()
    """It may be a name of the static table, an extension or a short number."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A target, without its prefix, its host and its escapes."""

    kind: Kind
    target: str


def read(target: str) -> Dialled | None:
    """Return what a SIP user part or URI names, whatever its host; None for what can be nobody here.

    Understood are a conference's id, ``conference:<id>``, ``direct.<hash>``, ``tel:<number>``, ``+<number>``,
    ``extension:<name>``, and a bare word.
    """
    user = unquote(target).removeprefix("sips:").removeprefix("sip:").partition("@")[0]
    prefix, colon, rest = user.partition(":")
    if colon:
        return _prefixed(prefix.lower(), rest)
    if user.startswith("+"):
        return _number(user)
    if user.startswith(_DIRECT):
        return Dialled(Kind.DIRECT, user)
    return _conference(user) or (Dialled(Kind.USER, user) if _is_word(user) else None)


def _prefixed(prefix: str, rest: str) -> Dialled | None:
    match prefix:
        case "conference":
            return _conference(rest)
        case "tel":
            return _number(rest)
        case "extension" if _is_word(rest):
            return Dialled(Kind.EXTENSION, rest)
    return None


def _number(text: str) -> Dialled | None:
    digits = text.translate(_SEPARATORS)
    return Dialled(Kind.NUMBER, digits) if _NUMBER.match(digits) else None


def _conference(text: str) -> Dialled | None:
    # uuid.UUID alone would also take braces, bare hexadecimal and urn: forms.
    if len(text) != _UUID_LENGTH:
        return None
    try:
        return Dialled(Kind.CONFERENCE, str(uuid.UUID(text)))
    except ValueError:
        return None


def _is_word(text: str) -> bool:
    return bool(text) and text.isprintable()
