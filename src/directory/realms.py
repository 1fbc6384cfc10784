"""Realms: the SIP domains of customers and trunks (api.md section 13.1), and digests within them."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

__all__ = ["Realms", "digest_of"]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_LABEL = re.compile(r"[a-z0-9-]{1,63}\Z", re.ASCII)
_REGISTRAR: Final = ".registrar"
_TRUNK: Final = ".trunk"


@dataclass(frozen=True, slots=True)
class Realms:
    """Formats and parses the realms of customers and trunks, subdomains of the base domain."""

    base: str

    def of_customer(self, customer_id: UUID) -> str:
        return f"{customer_id}{_REGISTRAR}.{self.base}"

    def of_trunk(self, domain_name: str) -> str:
        return f"{domain_name}{_TRUNK}.{self.base}"

    def customer_in(self, host: str) -> UUID | None:
        """Return the customer of a host or realm, also of a bare customer id; None if it is neither."""
        name = host.lower().removesuffix(f".{self.base}").removesuffix(_REGISTRAR)
        return UUID(name) if _UUID.match(name) else None

    def trunk_in(self, host: str) -> str | None:
        """Return the trunk's domain name in a host or realm; None if it is not a trunk's."""
        label, found, rest = host.lower().partition(f"{_TRUNK}.")
        return label if found and rest == self.base and _LABEL.match(label) else None


def digest_of(algorithm: str, username: str, realm: str, password: str) -> str:
    """Return H(A1) in hexadecimal (RFC 7616 section 3.4.2); ``algorithm`` as hashlib names it."""
    text = f"{username}:{realm}:{password}".encode()
    return hashlib.new(algorithm, text, usedforsecurity=False).hexdigest()
