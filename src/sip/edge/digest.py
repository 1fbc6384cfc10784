"""Digest authentication: challenges, credentials and nonces of RFC 7616, with the algorithms of RFC 8760. Pure.

A nonce carries its time and a MAC, so that issuing many costs no memory (RFC 7616 sections 3.3 and
3.4.6). Only nonces that were used with the right password are kept, with the highest count seen. When there
are too many, the oldest are dropped, and with them every nonce made before: their holders are challenged
again with ``stale=true``, and nothing can be replayed.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from mixminus.sip.grammar import TOKEN, SipUri, Unreadable
from mixminus.sip.uri_repair import escaped_uri

__all__ = [
    "ALGORITHMS",
    "ALGORITHM_OF",
    "LIFETIME_S",
    "Algorithm",
    "Credentials",
    "Nonces",
    "challenges",
    "matches",
    "read_credentials",
    "read_parameters",
    "response_to",
]

Algorithm = Literal["sha256", "md5"]
ALGORITHM_OF: Final[dict[str, Algorithm]] = {"sha-256": "sha256", "md5": "md5", "": "md5"}
_NAMES: Final[dict[Algorithm, str]] = {"sha256": "SHA-256", "md5": "MD5"}
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("sha256", "md5")
_QOP: Final = "auth"
_MAX_VALUE: Final = 256
_MAX_PARAMETERS: Final = 16

LIFETIME_S: Final = 300.0
# How long a request may be retransmitted (RFC 3261 section 17.1.2.2, timer F).
_REPEATED_S: Final = 32.0
_MAX_USED: Final = 16_384
_MAC_BYTES: Final = 16
_HEAD = struct.Struct("!Q8s")

_PARAMETER = re.compile(rf'\s*({TOKEN})\s*=\s*(?:"((?:[^"\\]++|\\.)*+)"|({TOKEN}))\s*(?:,|\Z)')
_COUNT = re.compile(r"[0-9a-f]{8}\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The values of an Authorization header."""

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
    """Return the headers of a 401: one for each algorithm, the preferred first (RFC 8760 section 2.4)."""
    tail = ", stale=true" if stale else ""
    return [
        (
            "www-authenticate",
            f'Digest realm="{realm}", nonce="{nonce}", algorithm={_NAMES[each]}, qop="{_QOP}"{tail}',
        )
        for each in algorithms
    ]


def read_credentials(value: str) -> Credentials:
    """Parse an Authorization header; raise Unreadable unless it is a digest with ``qop=auth``."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or not rest.isascii():
        raise Unreadable("not a digest")
    found = read_parameters(rest)
    algorithm = ALGORITHM_OF.get(found.get("algorithm", "").lower())
    count = found.get("nc", "")
    if algorithm is None or found.get("qop", "").lower() != _QOP or not _COUNT.match(count):
        raise Unreadable("a digest without qop=auth or with an unknown algorithm")
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
        raise Unreadable("a digest lacks a required parameter") from error


def matches(credentials: Credentials, secret: str, method: str, request_uri: str) -> bool:
    """Return whether a response was made with H(A1) for this request, in constant time.

    ``secret`` is H(A1) of the credentials' algorithm, hexadecimal; an empty one matches nothing.
    """
    wanted = response_to(credentials, secret, method)
    right = hmac.compare_digest(wanted.encode(), credentials.response.encode())
    return right and bool(secret) and _is_same(credentials.uri, request_uri)


def response_to(credentials: Credentials, secret: str, method: str) -> str:
    """Return the response that H(A1) gives (RFC 7616 section 3.4.1)."""
    parts = (
        secret,
        credentials.nonce,
        f"{credentials.nonce_count:08x}",
        credentials.client_nonce,
        _QOP,
        _hash(credentials.algorithm, f"{method}:{credentials.uri}"),
    )
    return _hash(credentials.algorithm, ":".join(parts))


def read_parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PARAMETER.match(text, place)
        if not match or match[1].lower() in found or len(found) == _MAX_PARAMETERS:
            raise Unreadable("a digest parameter is malformed or repeated")
        quoted = match[2]
        value = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        if len(value) > _MAX_VALUE:
            raise Unreadable("a digest parameter is too long")
        found[match[1].lower()] = value
        place = match.end()
    return found


def _hash(algorithm: Algorithm, text: str) -> str:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def _is_same(uri: str, request_uri: str) -> bool:
    """Compare user and host only: clients often write ports and parameters differently."""
    try:
        digested, requested = SipUri.parse(escaped_uri(uri)), SipUri.parse(request_uri)
    except Unreadable:
        return False
    return (digested.user, digested.host.lower()) == (requested.user, requested.host.lower())


@dataclass(slots=True)
class _Used:
    made_ms: int
    count: int
    request: str
    """The request that had this count."""
    at_s: float


class Nonces:
    """Issues nonces and accepts each of their counts once."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._key = key
        self._random_bytes = random_bytes
        self._used: OrderedDict[str, _Used] = OrderedDict()
        self._forgotten_ms = -1
        """Nonces made until then are rejected as stale."""

    def make(self, now_s: float) -> str:
        head = _HEAD.pack(int(now_s * 1000), self._random_bytes(8))
        return base64.urlsafe_b64encode(head + self._mac(head)).decode()

    def accepts(self, nonce: str, count: int, request: str, now_s: float) -> bool:
        """Record a use; return False if the nonce is too old or the count was used before.

        ``request`` identifies the request: its retransmissions are accepted for a while.
        """
        made_ms = self._made_ms(nonce)
        if made_ms is None or not 0 <= now_s * 1000 - made_ms <= LIFETIME_S * 1000:
            return False
        if used := self._used.get(nonce):
            if count == used.count and request == used.request:
                return now_s - used.at_s < _REPEATED_S
            if count <= used.count:
                return False
        elif made_ms <= self._forgotten_ms or count < 1:
            return False
        self._used[nonce] = _Used(made_ms, count, request, now_s)
        self._used.move_to_end(nonce)
        if len(self._used) > _MAX_USED:
            _, oldest = self._used.popitem(last=False)
            self._forgotten_ms = max(self._forgotten_ms, oldest.made_ms)
        return True

    def _made_ms(self, nonce: str) -> int | None:
        try:
            raw = base64.urlsafe_b64decode(nonce)
        except (binascii.Error, ValueError):
            return None
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        if len(head) != _HEAD.size or not hmac.compare_digest(mac, self._mac(head)):
            return None
        return int(_HEAD.unpack(head)[0])

    def _mac(self, head: bytes) -> bytes:
        return hmac.new(self._key, head, hashlib.sha256).digest()[:_MAC_BYTES]
