"""What a worker receives: a message made anew of the values that the edge has read, by an allow-list of headers.

pjsip is written in C and parses whatever it gets, so nothing of a phone's message reaches it unread: each
header of the list has a function that reads the value and writes it again. Other headers, and bodies other than
session descriptions, stay behind. The phone's Via headers stay behind too: the edge puts them back into the response.
"""

import re
from collections.abc import Callable
from typing import Final

from mixminus.hosts import bracketed
from mixminus.sip.edge.challenges import rewrite_challenge
from mixminus.sip.edge.message import Headers
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, scheme_of, split_list
from mixminus.sip.tags import workers_tag

__all__ = [
    "CSEQ",
    "SUPPORTED_EXTENSIONS",
    "WORKER_METHODS",
    "cseq_form",
    "request_headers",
    "request_uri",
    "response_headers",
]

WORKER_METHODS: Final = frozenset({"INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "PRACK"})
"""Every method that a worker receives; the edge itself answers all others."""
_WORKER_EXTENSIONS: Final = frozenset({"timer", "100rel"})
SUPPORTED_EXTENSIONS: Final = _WORKER_EXTENSIONS | {"replaces", "path"}

_UNKNOWN_URI: Final = "sip:unknown@unknown.invalid"
_MAX_DISPLAY: Final = 128
_MAX_TAG: Final = 128
_MAX_ROUTES: Final = 8
_NUMBER_LIMIT: Final = 2**31

_TEL = re.compile(r"tel:[+0-9A-Fa-f*#().-]{1,64}\Z")
_CALL_ID = re.compile(r"[!-~]{1,256}\Z")
_PLAIN_URI = re.compile(r"[!-~]{1,512}\Z")
CSEQ: Final = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z]{1,16})\Z")
"""A CSeq: its number, and a method in letters of either case."""
_NUMBER = re.compile(r"[0-9]{1,10}\Z")
_SESSION_EXPIRES = re.compile(
    r"([0-9]{1,9})(?:[ \t]*;[ \t]*refresher[ \t]*=[ \t]*(uac|uas))?(?:[ \t]*;|\Z)", re.IGNORECASE
)
_RACK = re.compile(r"([0-9]{1,10})[ \t]+([0-9]{1,10})[ \t]+INVITE\Z")


def request_uri(uri: str) -> str:
    """Return the user and host of a Request-URI; parameters stay behind."""
    parsed = SipUri.parse(uri)
    return _sip_uri(parsed, with_port=True)


def request_headers(method: str, headers: Headers) -> Headers:
    """Return the headers of a request for a worker; raise Unreadable if one cannot be read."""
    return _rewritten(headers, _REQUEST.get(method, _COMMON))


def response_headers(headers: Headers) -> Headers:
    """Return the headers of a phone's response for a worker; raise Unreadable if one cannot be read."""
    return _rewritten(headers, _RESPONSE)


def cseq_form(match: re.Match[str]) -> str:
    """Return what ``CSEQ`` has matched as pjsip writes it: without leading zeros, one blank, the method in capitals."""
    return f"{int(match[1])} {match[2].upper()}"


def _sip_uri(uri: SipUri, *, with_port: bool) -> str:
    user = f"{uri.user}:{uri.password}" if uri.password else uri.user
    port = f":{uri.port}" if with_port and uri.port else ""
    return f"{uri.scheme}:{f'{user}@' if user else ''}{bracketed(uri.host)}{port}"


def _party(value: str) -> str:
    """From and To: the URI without parameters, the name in quotes, the tag."""
    address = NameAddress.parse(value)
    tag = address.tag
    if len(tag) > _MAX_TAG:
        raise Unreadable("a tag is too long")
    display = "".join(each for each in address.display if each.isprintable())[:_MAX_DISPLAY]
    # Surrogates are bytes that were not UTF-8.
    display = display.encode("utf-8", "replace").decode().replace("\\", "\\\\").replace('"', '\\"')
    quoted = f'"{display}" ' if display else ""
    return f"{quoted}<{_party_uri(address.uri)}>{f';tag={workers_tag(tag)}' if tag else ''}"


def _party_uri(uri: str) -> str:
    """Return a URI that pjsip reads as we do; one of another scheme is unknown to both."""
    scheme = scheme_of(uri)
    if scheme == "tel":
        number = uri.partition(";")[0]
        return number.lower() if _TEL.match(number.lower()) else _UNKNOWN_URI
    if scheme not in ("sip", "sips") or not _PLAIN_URI.match(uri):
        return _UNKNOWN_URI
    try:
        return _sip_uri(SipUri.parse(uri.partition("?")[0]), with_port=True)
    except Unreadable:
        # Nothing is sent to a From or To: whatever they say, the call is the one of the Request-URI.
        return _UNKNOWN_URI


def _target(value: str) -> str:
    """Contact and Record-Route: the URI as it is, because requests must carry it, once it was read."""
    uri = NameAddress.parse(value).uri
    if not _PLAIN_URI.match(uri):
        raise Unreadable("a URI is not ASCII or too long")
    SipUri.parse(uri)
    return f"<{uri}>"


def _call_id(value: str) -> str:
    if not _CALL_ID.match(value):
        raise Unreadable("a Call-ID is malformed")
    return value


def _cseq(value: str) -> str:
    match = CSEQ.match(value)
    if not match or int(match[1]) >= _NUMBER_LIMIT:
        raise Unreadable("a CSeq is malformed")
    return cseq_form(match)


def _number(value: str) -> str:
    if not _NUMBER.match(value) or int(value) >= _NUMBER_LIMIT:
        raise Unreadable("a number is malformed")
    return str(int(value))


def _seconds(value: str) -> str:
    """Retry-After and Min-SE: the number; comments and parameters stay behind."""
    return _number(re.split(r"[ \t;(]", value, maxsplit=1)[0])


def _session_expires(value: str) -> str:
    match = _SESSION_EXPIRES.match(value)
    if not match:
        raise Unreadable("a Session-Expires is malformed")
    return match[1] + (f";refresher={match[2].lower()}" if match[2] else "")


def _rack(value: str) -> str:
    match = _RACK.match(value)
    if not match or any(int(each) >= _NUMBER_LIMIT for each in match.groups()):
        raise Unreadable("a RAck is malformed")
    return f"{int(match[1])} {int(match[2])} INVITE"


def _extensions(value: str) -> str:
    return ", ".join(sorted({each.lower() for each in split_list(value)} & _WORKER_EXTENSIONS))


def _methods(value: str) -> str:
    return ", ".join(
        sorted(set(split_list(value)) & (WORKER_METHODS | {"REFER", "NOTIFY", "OPTIONS", "MESSAGE"}))
    )


_Rewrite = Callable[[str], str]

_COMMON: Final[dict[str, _Rewrite]] = {"from": _party, "to": _party, "call-id": _call_id, "cseq": _cseq}
_SESSION: Final[dict[str, _Rewrite]] = {
    **_COMMON,
    "contact": _target,
    "session-expires": _session_expires,
    "min-se": _seconds,
    "supported": _extensions,
    "require": _extensions,
    "allow": _methods,
}
_REQUEST: Final[dict[str, dict[str, _Rewrite]]] = {
    "INVITE": {**_SESSION, "record-route": _target},
    "UPDATE": _SESSION,
    "PRACK": {**_COMMON, "rack": _rack},
}
_RESPONSE: Final[dict[str, _Rewrite]] = {
    **_SESSION,
    "record-route": _target,
    "rseq": _number,
    "retry-after": _seconds,
    "www-authenticate": rewrite_challenge,
    "proxy-authenticate": rewrite_challenge,
}
_SEVERAL: Final = frozenset({"record-route", "www-authenticate", "proxy-authenticate"})
_JOINED: Final = frozenset({"supported", "require", "allow"})


def _rewritten(headers: Headers, allowed: dict[str, _Rewrite]) -> Headers:
    rewritten = Headers()
    found: dict[str, list[str]] = {}
    for name, value in headers.entries:
        found.setdefault(name, []).append(value)
    for name, rewrite in allowed.items():
        values = found.get(name, [])
        if name in _JOINED:
            values = [", ".join(values)] if values else []
        elif name in _SEVERAL:
            values = values[:_MAX_ROUTES]
        for value in values if name in _SEVERAL else values[:1]:
            if written := rewrite(value):
                rewritten.add(name, written)
    return rewritten
