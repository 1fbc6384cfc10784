"""Answers to a provider's digest challenge (RFC 7616, RFC 8760; without ``qop``, RFC 2617 section 3.2.2.1). Pure."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.digest import ALGORITHMS, Algorithm, read_parameters
from mixminus.sip.edge.message import Response
from mixminus.sip.grammar import Unreadable

__all__ = ["Challenge", "challenge_of"]

_NAMES: Final[dict[str, Algorithm]] = {"sha-256": "sha256", "md5": "md5", "": "md5"}
_CLIENT_NONCE_BYTES: Final = 8
_HEADERS: Final = (("www-authenticate", "authorization"), ("proxy-authenticate", "proxy-authorization"))


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
        return self.header, "Digest " + ", ".join(
            f'{name}="{_escaped(value)}"' for name, value in fields
        ) + tail

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
    algorithm = _NAMES.get(parameters.get("algorithm", "").lower())
    qop = _words(parameters.get("qop", ""))
    if algorithm is None or "nonce" not in parameters or (qop and "auth" not in qop):
        return None
    return Challenge(header, parameters, algorithm)


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
