"""What a trace consists of: SIP messages as they passed the edge, and statistics of the audio. Read and written as JSON."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

__all__ = ["AudioStatistics", "Entry", "SipMessage", "decode", "encode", "moment"]

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
Address = tuple[str, int]
"""An IP address and a port."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One message at the edge: as it was on the wire, inside of TLS, with its secrets masked."""

    at_us: int
    """Wall time, in microseconds since 1970."""
    call_id: UUID
    sent: bool
    """Whether the server has sent it."""
    transport: str
    """``UDP``, ``TCP``, ``TLS`` or ``WSS``."""
    local: Address
    remote: Address
    data: bytes
    length: int
    """Of the message before masking; ``data`` is shorter if it was cut."""


@dataclass(frozen=True, slots=True)
class AudioStatistics:
    """What the engine has measured of a call's audio, up to a moment."""

    at_us: int
    call_id: UUID
    local: Address
    """Where the audio is received; port 0 if it is not received on a port of its own."""
    values: Mapping[str, float] = field(default_factory=dict)
    """By name: ``jitter_ms``, ``loss`` (0 to 1), ``mos``, counters of packets, ..."""


Entry = SipMessage | AudioStatistics


def moment(at_us: int) -> datetime:
    """Return the wall time of an entry."""
    return _EPOCH + timedelta(microseconds=at_us)


def encode(entry: Entry) -> bytes:
    """Return an entry as a line of JSON, without the line's end."""
    common = {"at": entry.at_us, "call": str(entry.call_id), "local": entry.local}
    if isinstance(entry, AudioStatistics):
        return orjson.dumps({"kind": "audio", **common, "values": dict(entry.values)})
    return orjson.dumps(
        {
            "kind": "sip",
            **common,
            "sent": entry.sent,
            "transport": entry.transport,
            "remote": entry.remote,
            "data": base64.b64encode(entry.data).decode(),
            "length": entry.length,
        }
    )


def decode(line: bytes) -> Entry:
    """Return the entry of a line; raise ValueError if it is not one, such as a line that a crash has cut."""
    try:
        fields = orjson.loads(line)
        return _entry(fields)
    except (orjson.JSONDecodeError, binascii.Error, AttributeError, KeyError, TypeError) as error:
        raise ValueError("not an entry of a trace") from error


def _entry(fields: dict[str, Any]) -> Entry:
    at_us, call_id = int(fields["at"]), UUID(fields["call"])
    if fields["kind"] == "audio":
        return AudioStatistics(at_us, call_id, _address(fields["local"]), dict(fields["values"]))
    return SipMessage(
        at_us=at_us,
        call_id=call_id,
        sent=bool(fields["sent"]),
        transport=str(fields["transport"]),
        local=_address(fields["local"]),
        remote=_address(fields["remote"]),
        data=base64.b64decode(fields["data"], validate=True),
        length=int(fields["length"]),
    )


def _address(pair: list[Any]) -> Address:
    host, port = pair
    return str(host), int(port)
