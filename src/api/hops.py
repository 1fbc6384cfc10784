"""Hops: how one node shows another that a request comes from it, and from where it came.

The header names both nodes, the time, and the client's address; an HMAC (RFC 2104) with the cluster's secret covers
them with the method and the path. It is valid for half a minute, for the node that it names. A second header says who has
sent the request, as the first node has found by the credential; its HMAC covers the first header too.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from mixminus.clock import Clock
from mixminus.errors import PermissionDenied
from mixminus.model.access import Identity

__all__ = ["HEADER", "IDENTITY_HEADER", "REMOTE", "Hops", "remote_of", "sender_of"]

HEADER: Final = "X-Mixminus-Hop"
IDENTITY_HEADER: Final = "X-Mixminus-Identity"
VALID_S: Final = 30
"""Above any difference of two machines' clocks that NTP leaves."""
REMOTE: Final = web.RequestKey("remote", str)
"""Where a forwarded request came from."""
_FIELDS: Final = 5
_IDENTITY: Final = TypeAdapter(Identity)


def sender_of(request: web.Request) -> UUID:
    """Return the node that has sent a request whose hop was checked."""
    return UUID(request.headers[HEADER].split(" ")[0])


def remote_of(request: web.Request) -> str:
    """Return the client's address, also of a request that another node has forwarded."""
    return request.get(REMOTE) or request.remote or ""


@dataclass(frozen=True, slots=True)
class Hops:
    """Signs and checks hops of one node."""

    node_id: UUID
    secret: bytes
    clock: Clock

    def signed(self, to: UUID, method: str, path: str, remote: str) -> str:
        """Return the header of a request to another node."""
        fields = f"{self.node_id} {to} {self._now()} {remote or '-'}"
        return f"{fields} {self._mac(fields, method, path)}"

    def checked(self, request: web.Request) -> str:
        """Return the client's address that a hop names; raise PermissionDenied if the hop is not valid."""
        parts = request.headers.get(HEADER, "").split(" ")
        if len(parts) != _FIELDS:
            raise PermissionDenied("only other nodes may send requests to this address")
        fields = " ".join(parts[:-1])
        expected = self._mac(fields, request.method, request.raw_path)
        if not hmac.compare_digest(expected.encode(), parts[-1].encode()):
            raise PermissionDenied("the hop is not signed with this cluster's secret")
        if parts[1] != str(self.node_id) or not self._is_fresh(parts[2]):
            raise PermissionDenied("the hop is for another node, or too old: compare the machines' clocks")
        return parts[3]

    def vouched(self, hop: str, identity: Identity) -> str:
        """Return the second header of a request with this hop, for a sender that this node has authenticated."""
        text = base64.urlsafe_b64encode(_IDENTITY.dump_json(identity)).decode()
        return f"{text} {self._mac(hop, text, '')}"

    def identity_of(self, request: web.Request) -> Identity | None:
        """Return who has sent a request whose hop was checked; None if the other node does not say it."""
        text, _, mac = request.headers.get(IDENTITY_HEADER, "").partition(" ")
        expected = self._mac(request.headers[HEADER], text, "")
        if not text or not hmac.compare_digest(expected.encode(), mac.encode()):
            return None
        try:
            return _IDENTITY.validate_json(base64.urlsafe_b64decode(text))
        except ValidationError:  # of another version
            return None

    def _is_fresh(self, sent: str) -> bool:
        return sent.isdecimal() and abs(self._now() - int(sent)) <= VALID_S

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    def _mac(self, fields: str, method: str, path: str) -> str:
        return hmac.new(self.secret, f"{fields} {method} {path}".encode(), hashlib.sha256).hexdigest()
