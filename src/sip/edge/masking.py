"""Masking: a SIP message without its secrets, for traces. Pure; never raises, whatever the bytes are.

Masked are credentials (of a Digest everything but what names the account and the challenge), passwords in URIs, the
keys of session descriptions, ICE passwords, encoded bodies, the digits of INFO requests, which may be a PIN, and the
texts of MESSAGE requests. What stands in a body is masked with as many characters, so that its Content-Length stays right.
"""

import re
from typing import Final

__all__ = ["MASK", "masked"]

MASK: Final = b"***"
_FILL: Final = b"x"

# A line begins after any line end that a parser here accepts: CRLF, LF, and in session descriptions CR.
_START: Final = rb"(?:\A|(?<=[\r\n]))"
_END_OF_HEADERS = re.compile(rb"\r\n\r\n|\n\n|\n\r\n|\r\r")
# A header with the lines that continue it (RFC 3261 section 7.3.1).
_HEADER = re.compile(_START + rb"([^\r\n:]{1,256})([ \t]*:[ \t]*)((?:[^\r\n]|(?:\r\n|\r|\n)[ \t])*)")
# The password is part of rspauth (RFC 7616 section 3.5).
_SECRET_NAME = re.compile(
    rb"authori[sz]ation|authentication-info|passw|secret|token|api-?key|credential|cookie", re.IGNORECASE
)
_DIGEST = re.compile(rb"\s*digest(?=\s)", re.IGNORECASE)
_SHOWN = re.compile(
    rb'(?<=[,\s])(username|realm|nonce|uri|algorithm|qop|nc|opaque)[ \t]*=[ \t]*("[^"\r\n]*"|[^\s",]+)',
    re.IGNORECASE,
)
# Each run of characters up to an "@" is looked at once, so that the time is linear in the length.
_USER_PART = re.compile(rb"[^\s<>\"@]+@?")
_PASSWORD = re.compile(rb"\bsips?:[^:]*:", re.IGNORECASE)
_ENCODED = re.compile(
    _START + rb"(?:content-encoding|e|content-transfer-encoding)[ \t]*:[ \t]*"
    rb"(?!identity\b|7bit\b|8bit\b|binary\b)[^\s]",
    re.IGNORECASE,
)

_KEY_LINE = re.compile(
    _START
    # RFC 5939 section 3.4.1: an attribute as a capability.
    + rb"([ \t]*a[ \t]*=[ \t]*(?:acap[ \t]*:[ \t]*[0-9]{1,10}[ \t]+)?(?:crypto|key-mgmt|ice-pwd)[ \t]*:"
    + rb"|[ \t]*k[ \t]*=)([^\r\n]*)",
    re.IGNORECASE,
)
# RFC 4568 section 9.1: tag, suite, keys each with a lifetime and an MKI, session parameters.
_SDES = re.compile(
    rb"([ \t]*[0-9]{1,9}[ \t]+[A-Z0-9_]{1,64}[ \t]+)"
    rb"(inline:[^|\s;]+(?:\|[0-9^:]{1,32}){0,2}(?:;[ \t]*inline:[^|\s;]+(?:\|[0-9^:]{1,32}){0,2}){0,15})"
    rb"((?:[ \t]+(?:KDR=[0-9]{1,3}|UNENCRYPTED_SRTC?P|UNAUTHENTICATED_SRTP|WSH=[0-9]{1,5}))*[ \t]*)\Z",
    re.IGNORECASE,
)
_KEY = re.compile(rb"(inline:)([^|\s;]+)", re.IGNORECASE)
_INFO = re.compile(rb"\s*INFO\s", re.IGNORECASE)
_MESSAGE = re.compile(rb"\s*MESSAGE\s", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]+")


def masked(message: bytes) -> bytes:
    """Return a message with its secrets masked; one without secrets is returned unchanged."""
    begin = len(message) - len(message.lstrip(b"\r\n"))
    end = _END_OF_HEADERS.search(message, begin)
    cut = end.end() if end else len(message)
    head, body = _HEADER.sub(_header, message[:cut]), message[cut:]
    if body and _ENCODED.search(message):
        body = _blank(body)
    elif body and _INFO.match(head):
        body = _LINE.sub(_digits, body)
    elif body and _MESSAGE.match(head):
        body = _LINE.sub(_blank_match, body)
    body = _HEADER.sub(_header_in_body, body)
    body = _USER_PART.sub(lambda part: _without_password(part[0], b""), body)
    # Keys in the headers too: without an end of headers they are taken for headers.
    head = _USER_PART.sub(lambda part: _without_password(part[0], MASK), head)
    return _KEY_LINE.sub(_key_line, head + body)


def _without_password(part: bytes, mask: bytes) -> bytes:
    """Mask what stands between the user of a SIP URI and the ``@``; an empty mask keeps the length."""
    found = _PASSWORD.search(part) if part.endswith(b"@") else None
    if not found or found.end() == len(part) - 1:
        return part
    return part[: found.end()] + (mask or _blank(part[found.end() : -1])) + b"@"


def _header(header: re.Match[bytes]) -> bytes:
    name, colon, value = header.groups()
    if not _SECRET_NAME.search(name):
        return header[0]
    digest = _DIGEST.match(value)
    if not digest:
        return name + colon + MASK
    shown = [each[1] + b"=" + each[2] for each in _SHOWN.finditer(value, digest.end())]
    return name + colon + b"Digest " + b", ".join([*shown, b'response="' + MASK + b'"'])


def _header_in_body(header: re.Match[bytes]) -> bytes:
    """Mask a header of a message within the body (message/sipfrag), or of a part."""
    name, colon, value = header.groups()
    return name + colon + _LINE.sub(_blank_match, value) if _SECRET_NAME.search(name) else header[0]


def _digits(line: re.Match[bytes]) -> bytes:
    """Mask the value of a line of an INFO request: ``Signal=5``, or the digit alone."""
    name, equals, value = line[0].partition(b"=")
    if name.strip().lower() == b"duration":
        return line[0]
    return name + equals + _blank(value) if equals else _blank(line[0])


def _key_line(line: re.Match[bytes]) -> bytes:
    name, value = line.groups()
    sdes = _SDES.match(value) if b"crypto" in name.lower() else None
    if not sdes:
        return name + _blank(value)
    return name + sdes[1] + _KEY.sub(lambda key: key[1] + _blank(key[2]), sdes[2]) + sdes[3]


def _blank_match(text: re.Match[bytes]) -> bytes:
    return _blank(text[0])


def _blank(secret: bytes) -> bytes:
    return _FILL * len(secret)
