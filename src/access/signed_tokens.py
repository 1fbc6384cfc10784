"""Signed tokens: JWTs with HS256 (RFC 7519), each of a type; sessions and guest links are such."""

from collections.abc import Mapping
from typing import Any, Final

import jwt

__all__ = ["claims_of", "sign"]

ALGORITHM: Final = "HS256"


def sign(type_: str, claims: Mapping[str, Any], secret: str) -> str:
    """Return a token of a type with these claims."""
    return jwt.encode({"type": type_, **claims}, secret, ALGORITHM)


def claims_of(token: str, type_: str, secret: str) -> dict[str, Any] | None:
    """Return the claims of a token; None if it is not of this type, or is not signed with this secret."""
    try:
        claims: dict[str, Any] = jwt.decode(token, secret, [ALGORITHM])
    except (jwt.PyJWTError, TypeError, ValueError):
        return None
    return claims if claims.get("type") == type_ else None
