"""Responses that the edge gives itself, as a stateless server does (RFC 3261 section 8.2.7)."""

import hashlib
from collections.abc import Iterable
from typing import Final

from mixminus.sip.edge.faults import ALLOWED_METHODS, SUPPORTED_EXTENSIONS
from mixminus.sip.edge.message import Fault, Headers, Request, Response
from mixminus.sip.grammar import NameAddress, Unreadable

__all__ = ["OWN_CAPABILITIES", "capabilities", "refuse", "respond"]

_COPIED: Final = frozenset({"via", "from", "to", "call-id", "cseq"})
_ALLOW: Final = ("allow", ", ".join(ALLOWED_METHODS))
_ACCEPT: Final = ("accept", "application/sdp, application/dtmf-relay")
_SUPPORTED: Final = ("supported", ", ".join(sorted(SUPPORTED_EXTENSIONS)))
OWN_CAPABILITIES: Final = (_ALLOW, _SUPPORTED)
_EXPLAINED: Final = {405: (_ALLOW,), 501: (_ALLOW,), 415: (_ACCEPT,)}


def respond(
    request: Request, status_code: int, reason: str, *, extra: Iterable[tuple[str, str]] = ()
) -> Response:
    """Build a response; the To tag is the same for every retransmission of the request."""
    headers = Headers([entry for entry in request.headers.entries if entry[0] in _COPIED])
    to = headers.first("to")
    if not _has_tag(to):
        headers.set("to", f"{to};tag={_tag(request)}")
    headers.entries += [("server", "mixminus"), *extra]
    return Response(status_code, reason, headers)


def refuse(request: Request, fault: Fault) -> Response:
    """Refuse a request, with what its sender needs to do better."""
    extra = list(_EXPLAINED.get(fault.status_code, ()))
    if fault.status_code == 420:  # noqa: PLR2004 - Bad Extension (RFC 3261 section 21.4.15)
        extra.append(("unsupported", ", ".join(request.headers.values("require"))))
    return respond(request, fault.status_code, fault.reason, extra=extra)


def capabilities(request: Request) -> Response:
    """Answer OPTIONS (RFC 3261 section 11.2)."""
    return respond(request, 200, "OK", extra=(_ALLOW, _ACCEPT, _SUPPORTED))


def _has_tag(value: str) -> bool:
    try:
        return bool(NameAddress.parse(value).tag)
    except Unreadable:
        return "tag=" in value


def _tag(request: Request) -> str:
    seed = "\0".join(
        (request.headers.first("via"), request.headers.first("from"), request.headers.first("call-id"))
    )
    return hashlib.blake2b(seed.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
