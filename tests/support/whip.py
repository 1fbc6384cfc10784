"""The client side of WHIP, independent of the transport: an exchange is one HTTP request and its reply."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from mixminus.call.leg import Address
from mixminus.errors import MixMinusError
from mixminus.model.ids import LegId
from mixminus.webrtc.endpoint import WebRtcEndpoint

__all__ = ["BROWSER", "ROOM", "Exchange", "Reply", "direct"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Exchange = Callable[[str, str, Mapping[str, str], str], Awaitable[Reply]]
"""Method, path, headers, body; the path of the first POST is empty."""

ROOM = Address(type="conference", target="room")
BROWSER = Address(type="", target="browser")


def direct(endpoint: WebRtcEndpoint) -> Exchange:
    """Exchange with an endpoint in this process, as the HTTP routes do."""

    async def exchange(method: str, path: str, headers: Mapping[str, str], body: str) -> Reply:
        try:
            if method == "POST":
                session = await endpoint.join(body, destination=ROOM, source=BROWSER)
                return Reply(201, session.answer_sdp, {"location": str(session.id), "etag": session.etag})
            session = endpoint.session(LegId(UUID(path)))
            if method == "DELETE":
                await session.close()
                return Reply(200)
            fragment = await session.trickle(body, headers.get("if-match"))
        except MixMinusError as error:
            return Reply(400, f"{error.reason}: {error}")
        return Reply(204) if fragment is None else Reply(200, fragment, {"etag": session.etag})

    return exchange
