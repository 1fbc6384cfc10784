"""Checks on requests from outside (RFC 3261 section 8.2, RFC 4475), and the responses that the edge sends itself.

The edge responds as a stateless server does (RFC 3261 section 8.2.7).
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from mixminus.sip.edge.digits import CONTENT_TYPES
from mixminus.sip.edge.message import Fault, Headers, Request, Response
from mixminus.sip.edge.rewriting import SUPPORTED_EXTENSIONS
from mixminus.sip.grammar import TOKEN, NameAddress, SipUri, Unreadable, Via, parse_refer_to, scheme_of
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.description import parse as parse_sdp

__all__ = [
    "ALLOWED_METHODS",
    "KNOWN_METHODS",
    "OWN_CAPABILITIES",
    "TEXT",
    "can_be_answered",
    "capabilities",
    "fault_of",
    "has_description",
    "media_type",
    "refuse",
    "respond",
]

ALLOWED_METHODS: Final = (
    "INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "INFO", "PRACK", "OPTIONS", "REGISTER", "REFER", "NOTIFY", "MESSAGE",
)  # fmt: skip
KNOWN_METHODS: Final = frozenset({*ALLOWED_METHODS, "SUBSCRIBE", "PUBLISH"})
_ONCE: Final = ("from", "to", "call-id", "cseq")
_AT_MOST_ONCE: Final = ("max-forwards", "content-type", "session-expires", "min-se")
_WITH_SDP: Final = frozenset({"INVITE", "ACK", "UPDATE", "PRACK"})
TEXT: Final = "text/plain"
"""The type of chat messages (RFC 3428 section 7)."""
_MAX_CALL_ID: Final = 256
_CSEQ_LIMIT: Final = 2**31  # RFC 3261 section 8.1.1.5
_MAX_FORWARDS_LIMIT: Final = 256

_COPIED: Final = frozenset({"via", "from", "to", "call-id", "cseq"})
_ALLOW: Final = ("allow", ", ".join(ALLOWED_METHODS))
_ACCEPT: Final = ("accept", ", ".join(("application/sdp", "multipart/mixed", TEXT, *CONTENT_TYPES)))
_SUPPORTED: Final = ("supported", ", ".join(sorted(SUPPORTED_EXTENSIONS)))
OWN_CAPABILITIES: Final = (_ALLOW, _SUPPORTED)
_RETRY: Final = ("retry-after", "1")
"""RFC 3261 section 14.2: the request may be tried again."""
_EXPLAINED: Final = {405: (_ALLOW,), 501: (_ALLOW,), 415: (_ACCEPT,), 500: (_RETRY,)}

_CSEQ = re.compile(rf"([0-9]{{1,10}})[ \t]+({TOKEN})\Z")
_CALL_ID = re.compile(r"[!-~]+\Z")
_MAX_FORWARDS = re.compile(r"[0-9]{1,5}\Z")


def can_be_answered(request: Request) -> bool:
    """Return whether a response can be built and sent; otherwise the request is dropped."""
    try:
        Via.parse(request.headers.first("via"))
    except Unreadable:
        return False
    return all(request.headers.first(name) for name in _ONCE) and request.method != "ACK"


def fault_of(request: Request) -> Fault | None:
    """Return the first fault of a request from outside, None if it has none."""
    checks = (_framing, _method, _addresses, _sequence, _uri, _extensions, _content, _referral)
    return next((fault for check in checks if (fault := check(request))), None)


def _framing(request: Request) -> Fault | None:
    if request.fault:
        return request.fault
    names = request.headers.names()
    if any(names.count(name) != 1 for name in _ONCE) or any(names.count(name) > 1 for name in _AT_MOST_ONCE):
        return Fault(400, "Missing Or Repeated Header")
    return None


def _method(request: Request) -> Fault | None:
    if request.method not in KNOWN_METHODS:
        return Fault(501, "Not Implemented")
    if request.method not in ALLOWED_METHODS:
        return Fault(405, "Method Not Allowed")
    return None


def _addresses(request: Request) -> Fault | None:
    headers = request.headers
    try:
        for via in headers.values("via") or [""]:
            Via.parse(via)
        NameAddress.parse(headers.first("from"))
        recipient = NameAddress.parse(headers.first("to"))
        if request.method == "REGISTER":
            # Its Contacts are a list or a star, which the registrar parses.
            SipUri.parse(recipient.uri)
        elif contact := headers.first("contact"):
            SipUri.parse(NameAddress.parse(contact).uri)
    except Unreadable:
        return Fault(400, "Bad Address")
    if request.method == "INVITE" and headers.count("contact") != 1:
        return Fault(400, "Missing Contact")
    call_id = headers.first("call-id")
    if not _CALL_ID.match(call_id) or len(call_id) > _MAX_CALL_ID:
        return Fault(400, "Bad Call-ID")
    return None


def _sequence(request: Request) -> Fault | None:
    match = _CSEQ.match(request.headers.first("cseq"))
    if not match or int(match[1]) >= _CSEQ_LIMIT or match[2].upper() != request.method:
        return Fault(400, "Bad CSeq")
    hops = request.headers.first("max-forwards")
    if hops and not (_MAX_FORWARDS.match(hops) and int(hops) < _MAX_FORWARDS_LIMIT):
        return Fault(400, "Bad Max-Forwards")
    return None


def _uri(request: Request) -> Fault | None:
    try:
        if scheme_of(request.uri) not in ("sip", "sips"):
            return Fault(416, "Unsupported URI Scheme")
        SipUri.parse(request.uri)
    except Unreadable:
        return Fault(400, "Bad Request-URI")
    return None


def _extensions(request: Request) -> Fault | None:
    if request.method in ("ACK", "CANCEL"):
        return None  # RFC 3261 section 8.2.2.3
    required = ",".join(request.headers.values("require")).split(",")
    if {token.strip().lower() for token in required} - SUPPORTED_EXTENSIONS - {""}:
        return Fault(420, "Bad Extension")
    return None


def _content(request: Request) -> Fault | None:
    if not request.body or request.method not in _WITH_SDP:
        return None
    if not has_description(request.headers):
        return Fault(415, "Unsupported Media Type")
    if request.method == "ACK":
        return None  # An ACK gets no response; the worker hangs up if it cannot use the answer.
    try:
        parse_sdp(request.body.decode("utf-8", "replace"))
    except MalformedSdp:
        return Fault(400, "Bad Session Description")
    return None


def has_description(headers: Headers) -> bool:
    """Return whether the body is a session description."""
    return not headers.first("content-encoding") and media_type(headers) == "application/sdp"


def media_type(headers: Headers) -> str:
    """Return the type and subtype of the body, in lower case."""
    return headers.first("content-type").partition(";")[0].strip().lower()


def _referral(request: Request) -> Fault | None:
    """RFC 3515 section 2.4.2: exactly one Refer-To."""
    if request.method != "REFER":
        return None
    try:
        if request.headers.count("refer-to") == 1:
            parse_refer_to(request.headers.first("refer-to"))
            return None
    except Unreadable:
        pass
    return Fault(400, "Bad Refer-To")


def respond(
    request: Request, status_code: int, reason: str, *, extra: Iterable[tuple[str, str]] = ()
) -> Response:
    """Return a response; the To tag is the same for every retransmission of the request."""
    headers = Headers([entry for entry in request.headers.entries if entry[0] in _COPIED])
    to = headers.first("to")
    if not _has_tag(to):
        headers.set("to", f"{to};tag={_tag(request)}")
    headers.entries += [("server", "mixminus"), *extra]
    return Response(status_code, reason, headers)


def refuse(request: Request, fault: Fault) -> Response:
    """Return a refusal, with the header that says what is supported."""
    extra = list(_EXPLAINED.get(fault.status_code, ()))
    if fault.status_code == 420:  # noqa: PLR2004 - Bad Extension (RFC 3261 section 21.4.15)
        extra.append(("unsupported", ", ".join(request.headers.values("require"))))
    return respond(request, fault.status_code, fault.reason, extra=extra)


def capabilities(request: Request) -> Response:
    """Return the response to OPTIONS (RFC 3261 section 11.2)."""
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
