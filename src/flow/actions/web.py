"""What a flow tells programs elsewhere, and what it asks of them (api.md section 6.5)."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.flow.actions.reading import OptionFields, read_choice, read_flag, read_text

__all__ = ["READERS", "Fetch", "Method", "WebOption", "WebhookSend"]


class Method(enum.StrEnum):
    POST = "POST"
    GET = "GET"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class WebhookSend:
    """Send text somewhere; ``sync`` waits for the answer, which means nothing."""

    sync: bool
    uri: str
    method: Method
    data_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Do the actions that come from somewhere, then go on here."""

    event_url: str
    event_method: Method


WebOption = WebhookSend | Fetch


def _webhook_send(fields: OptionFields) -> WebhookSend:
    return WebhookSend(
        sync=read_flag(fields, "sync"),
        uri=read_text(fields, "uri"),
        method=read_choice(fields, "method", Method.POST),
        data_type=read_text(fields, "data_type", "application/json"),
        data=read_text(fields, "data"),
    )


def _fetch(fields: OptionFields) -> Fetch:
    return Fetch(read_text(fields, "event_url"), read_choice(fields, "event_method", Method.POST))


READERS: Final[dict[str, Callable[[OptionFields], WebOption]]] = {
    "webhook_send": _webhook_send,
    "fetch": _fetch,
}
