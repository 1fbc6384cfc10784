"""WhipSession: a browser's leg as an HTTP resource (RFC 9725): answer, entity tag, PATCH and DELETE."""

import secrets
from typing import Final

from mixminus.call.leg import Address
from mixminus.errors import Conflict, InvalidArgument
from mixminus.model.ids import LegId
from mixminus.webrtc.ice import Fragment, parse_fragment, render_fragment
from mixminus.webrtc.leg import WebRtcLeg, WebRtcLegState
from mixminus.webrtc.peer import Peer

__all__ = ["EntityTagMismatch", "EntityTagRequired", "SessionEnded", "WhipSession"]

_ANY: Final = "*"
_TAG_BYTES: Final = 8


class EntityTagRequired(InvalidArgument):
    """A PATCH must name the ICE session by If-Match (HTTP 428)."""

    reason = "PRECONDITION_REQUIRED"


class EntityTagMismatch(Conflict):
    """The PATCH names an ICE session that a restart has replaced (HTTP 412)."""

    reason = "PRECONDITION_FAILED"


class SessionEnded(Conflict):
    """The session has ended."""

    reason = "SESSION_ENDED"


class WhipSession:
    """One browser that has joined."""

    def __init__(self, leg: WebRtcLeg, peer: Peer, *, mid: str, destination: Address) -> None:
        self.leg = leg
        self.destination = destination
        self.id: LegId = leg.id
        self.answer_sdp = ""
        self.etag = _new_etag()
        self._peer = peer
        self._mid = mid

    async def open(self) -> None:
        """Wait until the leg is answered; raise the error if it is refused."""
        self.answer_sdp = await self.leg.answered()

    async def trickle(self, fragment: str, if_match: str | None) -> str | None:
        """Add the candidates of a fragment, or restart ICE: then ``etag`` changes; return our fragment.

        Candidates need the tag of the running ICE session, a restart needs ``*``
        (RFC 9725 sections 4.3.2 and 4.3.3).
        """
        if if_match is None:
            raise EntityTagRequired("PATCH needs If-Match with the session's entity tag")
        if if_match not in (_ANY, self.etag):
            raise EntityTagMismatch("If-Match is not the entity tag of the running ICE session")
        if self.leg.state is WebRtcLegState.ENDED:
            raise SessionEnded("the session has ended")
        parsed = parse_fragment(fragment)
        if parsed.ice is not None and self._peer.is_restart(parsed.ice):
            if if_match != _ANY:
                raise EntityTagMismatch("an ICE restart needs If-Match: *")
            return await self._restart(parsed)
        await self._peer.trickle(parsed.ufrag, parsed.candidates)
        return None

    async def close(self) -> None:
        """End the leg on request of the browser (DELETE); closing twice is harmless."""
        await self.leg.close_remote()

    async def _restart(self, fragment: Fragment) -> str:
        assert fragment.ice is not None
        ice, candidates = await self._peer.restart(fragment.ice, fragment.candidates)
        self.etag = _new_etag()
        return render_fragment(mid=self._mid, ice=ice, candidates=candidates)


def _new_etag() -> str:
    """Return a strong entity tag, quotes included (RFC 9110 section 8.8.3)."""
    return f'"{secrets.token_hex(_TAG_BYTES)}"'
