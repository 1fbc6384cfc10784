"""Aliases: a dialog that another worker continues has another tag and other numbers there than at the phone.

The phone must not notice (RFC 3261 section 12.2): its view is the one of the call table, and messages to and from the
worker are translated.
"""

import re
from dataclasses import dataclass

from mixminus.sip.edge.message import Headers

__all__ = ["Alias", "request_to_phone", "request_to_worker", "response_to_worker", "with_tag"]

_TAG = re.compile(r";[ \t]*tag=[^;]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Alias:
    """What a dialog is called at the worker that continues it."""

    worker_tag: str
    """Our tag."""
    number_shift: int
    """What is added to the numbers of the worker's requests."""


def request_to_worker(headers: Headers, alias: Alias) -> None:
    """Translate a request of the phone."""
    headers.set("to", with_tag(headers.first("to"), alias.worker_tag))


def response_to_worker(headers: Headers, alias: Alias) -> None:
    """Translate the phone's response to a request of the worker."""
    headers.set("from", with_tag(headers.first("from"), alias.worker_tag))
    _shift(headers, -alias.number_shift)


def request_to_phone(headers: Headers, alias: Alias, *, ours: str, theirs: str) -> None:
    """Translate a request of the worker; ``ours`` and ``theirs`` are From and To as the phone knows them."""
    headers.set("from", ours)
    headers.set("to", theirs)
    _shift(headers, alias.number_shift)


def with_tag(value: str, tag: str) -> str:
    """Return From or To with another tag; without one if ``tag`` is empty."""
    address, bracket, parameters = value.rpartition(">")
    bare = _TAG.sub("", parameters)
    return f"{address}{bracket}{bare}{f';tag={tag}' if tag else ''}"


def _shift(headers: Headers, shift: int) -> None:
    number, _, method = headers.first("cseq").partition(" ")
    headers.set("cseq", f"{int(number) + shift} {method.strip()}")
