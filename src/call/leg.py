"""Leg: the signalling and media relation that carries a participant, whatever its transport.

``sip.leg.SipLeg`` and ``webrtc.leg.WebRtcLeg`` are the two; a call sees only this.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from mixminus.mixer import BridgePort
from mixminus.model.call import Address, HangupReason
from mixminus.model.ids import LegId

__all__ = [
    "ANYBODY",
    "Address",
    "Caller",
    "Credentials",
    "Hop",
    "IncomingLegs",
    "Leg",
    "LegEnded",
    "OutgoingLeg",
    "OutgoingLegs",
    "Referral",
    "Target",
    "Transfers",
]


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

    async def hold(self) -> None:
        """Tell the phone that it is on hold; harmless when it is, or where there is no such word."""
        ...

    async def resume(self) -> None:
        """Take the phone back from hold; harmless when it is not held."""
        ...

    async def refer(self, uri: str) -> bool:
        """Ask the phone to call a URI in our place; it is hung up when it has. False where there is no such word."""
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


class Hop(Protocol):
    """The address, and the connection, by which a registered phone is reached."""

    @property
    def transport(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def connection(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """For a far end that asks who calls (RFC 3261 section 22)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to dial, as a transport needs it; without a hop the URI says where that is."""

    request_uri: str
    hop: Hop | None = None
    credentials: Credentials | None = None
    account_id: UUID | None = None
    """The extension that is there, having proved itself when it registered."""


class OutgoingLeg(Leg, Protocol):
    """A leg that we have opened; its port is there from the start."""

    async def rang(self) -> bool:
        """Wait until the far end rings; False if it is answered or over before. Await it as often as you like."""
        ...

    async def answered(self) -> bool:
        """Wait until the far end answers; False if it is over before. Await it as often as you like."""
        ...


@dataclass(frozen=True, slots=True)
class Referral:
    """Whom a phone wants to have in its place."""

    target: str
    """A SIP URI, or what is dialled here."""
    here: bool
    """Whether the target is at our own address."""
    replaces: LegId | None = None
    """The phone's other leg, whose far end is to come: an attended transfer."""


class Transfers(Protocol):
    """Whom a transport tells of a phone that hands its call on: ``call.transfer.TransferService``."""

    def asked(self, leg_id: LegId, referral: Referral, tell: Callable[[int], None]) -> None:
        """Begin, and return at once; ``tell`` takes SIP status codes, of which one from 200 on is the last."""
        ...


class OutgoingLegs(Protocol):
    """Who can call somebody: ``sip.service.SipEndpoint``. Browsers cannot be called."""

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> OutgoingLeg:
        """Begin a call and return at once; raise MixMinusError where there is no port for it.

        All that goes wrong after that is told by ``ended``.
        """
        ...
