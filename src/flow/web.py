"""Web: what actions ask of the network; ``delivery.web_client`` is the one that does it."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Web", "WebAnswer", "WebRequest"]


@dataclass(frozen=True, slots=True)
class WebRequest:
    """An HTTP request with a body."""

    method: str
    uri: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came back, as far as the client reads."""

    status: int
    body: bytes


class Web(Protocol):
    """Sends requests to where the operator lets them go, within limits of time and size."""

    async def ask(self, request: WebRequest) -> WebAnswer:
        """Return the answer; Unavailable if there is none, InvalidArgument for what cannot be asked."""
        ...
