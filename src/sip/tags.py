"""Tags of phones as workers know them. Pure.

A tag is a token (RFC 3261 section 25.1). Some phones and gateways put ``@``, ``=`` or ``:`` in, which pjsip refuses, so a worker
knows such a tag as hexadecimal digits behind a prefix; the phone gets its own tag back. RFC 2543 phones have no tag (RFC 3261
section 12.1.1): for a worker that is the prefix alone.
"""

import re
from typing import Final

from mixminus.sip.grammar import TOKEN

__all__ = ["is_token", "phones_tag", "with_a_tag", "with_phones_tag", "workers_tag"]

_PREFIX: Final = "mm-hex."
_TOKEN = re.compile(rf"{TOKEN}\Z")
_WORKERS = re.compile(rf"{re.escape(_PREFIX)}((?:[0-9a-f][0-9a-f])*)\Z", re.IGNORECASE)
_PARAMETER = re.compile(r"(;[ \t]*tag=)([^;]*)", re.IGNORECASE)


def is_token(tag: str) -> bool:
    """Return whether a tag has the characters that RFC 3261 allows."""
    return bool(_TOKEN.match(tag))


def workers_tag(tag: str) -> str:
    """Return a tag as a worker knows it; no two tags are the same there."""
    if not tag or (is_token(tag) and not tag.lower().startswith(_PREFIX)):
        return tag
    return _PREFIX + tag.encode("utf-8", "surrogateescape").hex()


def phones_tag(tag: str) -> str:
    """Return the tag that ``workers_tag`` was made of; an empty one for a phone without a tag."""
    match = _WORKERS.match(tag)
    return bytes.fromhex(match[1]).decode("utf-8", "surrogateescape") if match else tag


def with_phones_tag(value: str) -> str:
    """Return a From or To of a worker with the tag that the phone knows."""
    address, bracket, parameters = value.rpartition(">")
    return address + bracket + _PARAMETER.sub(_phones_parameter, parameters)


def with_a_tag(value: str) -> str:
    """Return a From or To for a worker, ``<...>`` or ``<...>;tag=...``, with the tag of a phone that has none."""
    return f"{value};tag={_PREFIX}" if value.endswith(">") else value


def _phones_parameter(found: re.Match[str]) -> str:
    tag = phones_tag(found[2])
    return found[1] + tag if tag else ""
