"""Session tokens: JWTs signed with HS256 (RFC 7519; claims of api.md section 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt

from mixminus.model.ids import AgentId

__all__ = ["LIFE", "Session", "read", "sign"]

LIFE: Final = timedelta(days=7)
ALGORITHM: Final = "HS256"
# The claim is a string of upstream's own; RFC 7519's ``exp`` is not used.
EXPIRE_FORM: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Session:
    """The agent of a session, and when it was created."""

    agent_id: AgentId
    tm_begin: datetime


def sign(agent: Mapping[str, Any], *, now: datetime, secret: str) -> str:
    """Return the token of a new session."""
    expire = (now + LIFE).strftime(EXPIRE_FORM)
    return jwt.encode({"type": "agent", "agent": dict(agent), "expire": expire}, secret, ALGORITHM)


def read(token: str, *, now: datetime, secret: str) -> Session | None:
    """Return the session of a valid, unexpired token."""
    try:
        claims = jwt.decode(token, secret, [ALGORITHM])
        expire = datetime.strptime(claims["expire"], EXPIRE_FORM).replace(tzinfo=UTC)
        session = Session(AgentId(UUID(claims["agent"]["id"])), expire - LIFE)
    except (jwt.PyJWTError, LookupError, TypeError, ValueError):
        return None
    return session if claims.get("type") == "agent" and now < expire else None
