"""Digest: challenges and credentials of RFC 7616, with the algorithms of RFC 8760. Pure."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from mixminus.sip.grammar import TOKEN, SipUri, Unreadable

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "Credentials",
    "challenges",
    "matches",
    "read_credentials",
    "response_to",
]

Algorithm = Literal["sha256", "md5"]
_ALGORITHMS: Final[dict[str, Algorithm]] = {"sha-256": "sha256", "md5": "md5", "": "md5"}
_NAMES: Final[dict[Algorithm, str]] = {"sha256": "SHA-256", "md5": "MD5"}
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("sha256", "md5")
_QOP: Final = "auth"
_MAX_VALUE: Final = 256
_MAX_PARAMETERS: Final = 16

_PARAMETER = re.compile(rf'\s*({TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({TOKEN}))\s*(?:,|\Z)')
_COUNT = re.compile(r"[0-9a-f]{8}\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an Authorization header claims."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm
    nonce_count: int
    client_nonce: str


def challenges(
    realm: str, nonce: str, algorithms: Iterable[Algorithm], *, stale: bool
) -> list[tuple[str, str]]:
    """Return the headers of a 401, one an algorithm, the preferred first (RFC 8760 section 2.4)."""
    tail = ", stale=true" if stale else ""
    return [
        (
            "www-authenticate",
            f'Digest realm="{realm}", nonce="{nonce}", algorithm={_NAMES[each]}, qop="{_QOP}"{tail}',
        )
        for each in algorithms
    ]


def read_credentials(value: str) -> Credentials:
    """Read an Authorization header; raise Unreadable unless it is a digest with ``qop=auth``."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or not rest.isascii():
        raise Unreadable("not a digest")
    found = _parameters(rest)
    algorithm = _ALGORITHMS.get(found.get("algorithm", "").lower())
    count = found.get("nc", "")
    if algorithm is None or found.get("qop", "").lower() != _QOP or not _COUNT.match(count):
        raise Unreadable("not a digest that was asked for")
    try:
        return Credentials(
            username=found["username"],
            realm=found["realm"],
            nonce=found["nonce"],
            uri=found["uri"],
            response=found["response"].lower(),
            algorithm=algorithm,
            nonce_count=int(count, 16),
            client_nonce=found["cnonce"],
        )
    except KeyError as error:
        raise Unreadable("a digest without all its parts") from error


def matches(credentials: Credentials, secret: str, method: str, request_uri: str) -> bool:
    """Return whether a response proves the knowledge of H(A1), for this request; takes as long either way.

    ``secret`` is H(A1) of the credentials' algorithm, hexadecimal; empty opens to nobody.
    """
    wanted = response_to(credentials, secret, method)
    right = hmac.compare_digest(wanted.encode(), credentials.response.encode())
    return right and bool(secret) and _is_same(credentials.uri, request_uri)


def response_to(credentials: Credentials, secret: str, method: str) -> str:
    """Return what who knows H(A1) would have responded (RFC 7616 section 3.4.1)."""
    parts = (
        secret,
        credentials.nonce,
        f"{credentials.nonce_count:08x}",
        credentials.client_nonce,
        _QOP,
        _hash(credentials.algorithm, f"{method}:{credentials.uri}"),
    )
    return _hash(credentials.algorithm, ":".join(parts))


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PARAMETER.match(text, place)
        if not match or match[1].lower() in found or len(found) == _MAX_PARAMETERS:
            raise Unreadable("a parameter is wrong")
        quoted = match[2]
        value = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        if len(value) > _MAX_VALUE:
            raise Unreadable("a parameter is too long")
        found[match[1].lower()] = value
        place = match.end()
    return found


def _hash(algorithm: Algorithm, text: str) -> str:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _is_same(uri: str, request_uri: str) -> bool:
    """Whom a digest is for is part of it; ports and parameters are often written otherwise."""
    try:
        digested, requested = SipUri.parse(uri), SipUri.parse(request_uri)
    except Unreadable:
        return False
    return (digested.user, digested.host.lower()) == (requested.user, requested.host.lower())
