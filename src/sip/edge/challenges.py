"""Challenges of the far end (RFC 7616 section 3.3): to calls, written again for pjsip; to registrations, answered here.

An answer without ``qop`` is that of RFC 2617 section 3.2.2.1; several challenges are those of RFC 8760. Pure.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.digest import ALGORITHM_OF, ALGORITHMS, Algorithm, read_parameters
from mixminus.sip.edge.message import Response
from mixminus.sip.grammar import Unreadable

__all__ = ["Challenge", "challenge_of", "rewrite_challenge"]

_NAMES: Final = {"md5": "MD5", "sha-256": "SHA-256", "": ""}
_CLIENT_NONCE_BYTES: Final = 8
_HEADERS: Final = (("www-authenticate", "authorization"), ("proxy-authenticate", "proxy-authorization"))


def rewrite_challenge(value: str) -> str:
    """Return the parameters that pjsip needs; an empty text for a challenge that it cannot answer."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or not rest.isascii():
        return ""
    found = read_parameters(rest)
    algorithm = _NAMES.get(found.get("algorithm", "").lower())
    if algorithm is None or "realm" not in found or "nonce" not in found:
        return ""
    parameters = [f"{name}={_quoted(found[name])}" for name in ("realm", "nonce", "opaque") if name in found]
    if found.get("stale", "").lower() == "true":
        parameters.append("stale=true")
    if algorithm:
        parameters.append(f"algorithm={algorithm}")
    if "qop" in found:
        if "auth" not in _words(found["qop"]):
            return ""
        parameters.append('qop="auth"')
    return f"Digest {', '.join(parameters)}"


@dataclass(slots=True)
class Challenge:
    """A challenge, with the count of the answers to its nonce."""

    header: str
    """The header that answers it."""
    parameters: dict[str, str]
    algorithm: Algorithm
    count: int = 0

    def answer(self, method: str, uri: str, username: str, password: str) -> tuple[str, str]:
        """Return the header that authenticates a request."""
        realm, nonce = self.parameters.get("realm", ""), self.parameters["nonce"]
        secret = self._hash(f"{username}:{realm}:{password}")
        request = self._hash(f"{method}:{uri}")
        self.count += 1
        fields = [
            ("username", username),
            ("realm", realm),
            ("nonce", nonce),
            ("uri", uri),
        ]
        tail = f", algorithm={self.parameters['algorithm']}" if self.parameters.get("algorithm") else ""
        if "auth" in _words(self.parameters.get("qop", "")):
            client_nonce = secrets.token_hex(_CLIENT_NONCE_BYTES)
            parts = (secret, nonce, f"{self.count:08x}", client_nonce, "auth", request)
            fields += [("response", self._hash(":".join(parts))), ("cnonce", client_nonce)]
            tail += f", qop=auth, nc={self.count:08x}"
        else:
            fields.append(("response", self._hash(f"{secret}:{nonce}:{request}")))
        if opaque := self.parameters.get("opaque", ""):
            fields.append(("opaque", opaque))
        return self.header, "Digest " + ", ".join(f"{name}={_quoted(value)}" for name, value in fields) + tail

    def _hash(self, text: str) -> str:
        return hashlib.new(self.algorithm, text.encode(), usedforsecurity=False).hexdigest()


def challenge_of(response: Response) -> Challenge | None:
    """Return the best challenge of a 401 or 407: the strongest algorithm; None if there is none that we know."""
    found = [
        challenge
        for name, header in _HEADERS
        for value in response.headers.values(name)
        if (challenge := _read(value, header))
    ]
    return min(found, key=lambda each: ALGORITHMS.index(each.algorithm), default=None)


def _read(value: str, header: str) -> Challenge | None:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    try:
        parameters = read_parameters(rest)
    except Unreadable:
        return None
    algorithm = ALGORITHM_OF.get(parameters.get("algorithm", "").lower())
    qop = _words(parameters.get("qop", ""))
    readable = "nonce" in parameters and all(each.isprintable() for each in parameters.values())
    if algorithm is None or not readable or (qop and "auth" not in qop):
        return None
    return Challenge(header, parameters, algorithm)


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def _quoted(value: str) -> str:
    if not value.isprintable():
        raise Unreadable("a challenge contains control characters")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
