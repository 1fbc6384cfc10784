"""Leg: the signalling and media relation that carries a participant, whatever its transport.

``sip.leg.SipLeg`` and ``webrtc.leg.WebRtcLeg`` are the two; a call sees only this.
"""

from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from mixminus.call.model import Address
from mixminus.call.states import HangupReason
from mixminus.ids import LegId
from mixminus.mixer import BridgePort

__all__ = ["ANYBODY", "Address", "Caller", "IncomingLegs", "Leg", "LegEnded"]


@dataclass(frozen=True, slots=True)
class LegEnded:
    """Why a leg is over; ``remote`` says that the other side ended it."""

    reason: HangupReason
    remote: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """What the transport knows of a caller for certain, whatever their From says."""

    account_id: UUID | None = None
    """The extension or trunk that has proved itself."""
    host: str = ""
    """The address that the call came from; empty if the transport does not tell."""


ANYBODY: Final = Caller()


class Leg(Protocol):
    """One phone's dialog or one browser's session, with its port on the engine."""

    @property
    def id(self) -> LegId: ...

    @property
    def port(self) -> BridgePort:
        """The participant's port; open from the leg's first moment to its end."""
        ...

    async def ring(self) -> None:
        """Tell the caller that it rings (SIP 180); harmless when repeated or answered."""
        ...

    async def answer(self) -> None:
        """Accept the call; returns when the answer is on its way. Answering twice is harmless."""
        ...

    async def reject(self, status_code: int) -> None:
        """Refuse an unanswered call with a SIP status code; WHIP maps it to an HTTP one."""
        ...

    async def hang_up(self, reason: HangupReason = HangupReason.NORMAL) -> None:
        """End the leg from our side; harmless when it is over. ``ended`` follows."""
        ...

    async def ended(self) -> LegEnded:
        """Wait for the end, whoever caused it; may be awaited many times. The port is closed by then."""
        ...


class IncomingLegs(Protocol):
    """Whom a transport tells of a new leg: ``call.service.CallService`` is the one."""

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANYBODY,
    ) -> None:
        """Take over a leg that waits for ring, answer or reject; returns at once, work goes on in a task.

        ``pin`` is for whoever comes by a transport that can say it at once; ``caller`` is what is certain.
        """
        ...
