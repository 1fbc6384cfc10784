"""The headers of an INVITE that the server reads and no worker does: own headers, identity and diversions. Pure.

They pass the worker in one header of ours, encoded: pjsip does not parse them. What is too long or too much is left
out and counted; the call goes on.
"""

import base64
from collections import Counter
from typing import Final

import orjson

from mixminus.model.signalling import MAX_HEADERS, MAX_HEADERS_BYTES, MAX_VALUE, is_own_header
from mixminus.sip.edge.message import Headers
from mixminus.sip.internal_headers import SIGNALLED_HEADER

__all__ = ["IDENTITY_HEADERS", "add_signalled", "signalled_headers"]

# RFC 3325, RFC 3323, draft-ietf-sip-privacy-04, RFC 5806, RFC 7044.
IDENTITY_HEADERS: Final = (
    "p-asserted-identity",
    "p-preferred-identity",
    "remote-party-id",
    "privacy",
    "diversion",
    "history-info",
)
_MAX_IDENTITY_VALUE: Final = 512
_MAX_IDENTITY_HEADERS: Final = 12
_MAX_IDENTITY_BYTES: Final = 1536


def signalled_headers(headers: Headers, counters: Counter[str]) -> list[tuple[str, str]]:
    """Return the headers to pass on, the important ones first; others are counted."""
    identity = [each for each in headers.entries if each[0] in IDENTITY_HEADERS]
    identity.sort(key=lambda each: IDENTITY_HEADERS.index(each[0]))
    own = [each for each in headers.entries if is_own_header(each[0])]
    kept = _within(identity, _MAX_IDENTITY_HEADERS, _MAX_IDENTITY_VALUE, _MAX_IDENTITY_BYTES)
    kept += _within(own, MAX_HEADERS, MAX_VALUE, MAX_HEADERS_BYTES)
    counters["sip_edge_headers_dropped"] += len(identity) + len(own) - len(kept)
    return kept


def add_signalled(
    message: bytes, signalled: list[tuple[str, str]], max_bytes: int, counters: Counter[str]
) -> bytes:
    """Return a worker's message with as many of the headers as it has room for, the first ones."""
    start_line, _, rest = message.partition(b"\r\n")
    for count in range(len(signalled), 0, -1):
        value = base64.b64encode(orjson.dumps(signalled[:count]))
        line = SIGNALLED_HEADER.encode() + b": " + value
        if len(message) + len(line) + 2 <= max_bytes:
            counters["sip_edge_headers_dropped"] += len(signalled) - count
            return b"\r\n".join((start_line, line, rest))
    counters["sip_edge_headers_dropped"] += len(signalled)
    return message


def _within(
    headers: list[tuple[str, str]], max_count: int, max_length: int, max_bytes: int
) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    left = max_bytes
    for name, raw in headers:
        # Bytes that were not UTF-8 are surrogates, which are not printable.
        value = "".join(each for each in raw if each.isprintable())
        size = len(name) + len(value.encode())
        if len(value) <= max_length and size <= left and len(kept) < max_count:
            kept.append((name, value))
            left -= size
    return kept
