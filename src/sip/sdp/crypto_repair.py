"""Repair of ``a=crypto`` (RFC 4568): keys with blanks or quotation marks, and keys above the media. Pure."""

import re
from typing import Final

__all__ = ["key_form", "keys_at_media"]

_AROUND_SIGNS = re.compile(r" ?([:|]) ?")
_EMPTY_FIELD = re.compile(r"\|+(?=[| ]|\Z)")
_CRYPTO: Final = "a=crypto:"
_SECURE: Final = frozenset({"RTP/SAVP", "RTP/SAVPF"})
_FIELDS_BEFORE_KEY: Final = 2


def key_form(value: str) -> str:
    """Return ``tag suite inline:key|lifetime|MKI`` without quotation marks, and without blanks or empty fields inside the
    key parameters.

    ``value`` has one blank between its fields.
    """
    fields = value.replace('"', "").split(maxsplit=_FIELDS_BEFORE_KEY)
    if len(fields) <= _FIELDS_BEFORE_KEY:
        return value
    *before, keys = fields
    # A quotation mark that stood alone has left two blanks.
    keys = " ".join(keys.split())
    return " ".join([*before, _EMPTY_FIELD.sub("", _AROUND_SIGNS.sub(r"\1", keys))])


def keys_at_media(lines: list[str]) -> list[str]:
    """Return the lines with the keys of the session at each encrypted medium that has none of its own.

    ``a=crypto`` belongs to a medium (RFC 4568 section 9.1); above all media it can only mean each of them. Returns
    ``lines`` itself if none stands there.
    """
    starts = [place for place, line in enumerate(lines) if line.startswith("m=")]
    session = lines[: starts[0]] if starts else []
    keys = [line for line in session if line.startswith(_CRYPTO)]
    if not keys:
        return lines
    moved = [line for line in session if not line.startswith(_CRYPTO)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        media = lines[start:end]
        moved += media
        if _is_secure(media[0]) and not any(line.startswith(_CRYPTO) for line in media):
            moved += keys
    return moved


def _is_secure(line: str) -> bool:
    return any(field in _SECURE for field in line.split(" "))
