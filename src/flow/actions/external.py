"""What carries a call's audio to a program elsewhere, and its answer back (api.md section 6.5)."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields, read_choice, read_text
from mixminus.flow.external import Fork, Listen, Speak

__all__ = ["READERS", "ExternalMediaStart", "ExternalMediaStop", "ExternalOption"]


class _Encapsulation(enum.StrEnum):
    RTP = enum.auto()


class _Transport(enum.StrEnum):
    UDP = enum.auto()


class _Connection(enum.StrEnum):
    CLIENT = enum.auto()


class _Format(enum.StrEnum):
    ULAW = enum.auto()


@dataclass(frozen=True, slots=True)
class ExternalMediaStart:
    """Carry the call's audio there from now on; the flow goes on."""

    fork: Fork


@dataclass(frozen=True, slots=True)
class ExternalMediaStop:
    """Carry it nowhere any more."""


ExternalOption = ExternalMediaStart | ExternalMediaStop


def _start(fields: OptionFields) -> ExternalMediaStart:
    # There is one of each so far; another is refused rather than taken for it.
    read_choice(fields, "encapsulation", _Encapsulation.RTP)
    read_choice(fields, "transport", _Transport.UDP)
    read_choice(fields, "connection_type", _Connection.CLIENT)
    read_choice(fields, "format", _Format.ULAW)
    where = read_text(fields, "external_host")
    host, port = _host_and_port(where) if where else ("", 0)
    listen = read_choice(fields, "direction_listen", Listen.BOTH)
    return ExternalMediaStart(Fork(host, port, listen, read_choice(fields, "direction_speak", Speak.BOTH)))


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or text != parts.netloc or "@" in text:
        raise InvalidArgument("external_host: is no host:port")
    return host, port


def _stop(fields: OptionFields) -> ExternalMediaStop:
    return ExternalMediaStop()


READERS: Final[dict[str, Callable[[OptionFields], ExternalOption]]] = {
    "external_media_start": _start,
    "external_media_stop": _stop,
}
