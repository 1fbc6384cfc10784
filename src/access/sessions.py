"""Session tokens: signed tokens with the claims of api.md section 10."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from mixminus.access.signed_tokens import claims_of
from mixminus.access.signed_tokens import sign as signed
from mixminus.model.ids import AgentId

__all__ = ["LIFE", "Session", "read", "sign"]

LIFE: Final = timedelta(days=7)
TYPE: Final = "agent"
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
    return signed(TYPE, {"agent": dict(agent), "expire": expire}, secret)


def read(token: str, *, now: datetime, secret: str) -> Session | None:
    """Return the session of a valid, unexpired token."""
    claims = claims_of(token, TYPE, secret)
    if claims is None:
        return None
    try:
        expire = datetime.strptime(claims["expire"], EXPIRE_FORM).replace(tzinfo=UTC)
        session = Session(AgentId(UUID(claims["agent"]["id"])), expire - LIFE)
    except (LookupError, TypeError, ValueError):
        return None
    return session if now < expire else None
