"""Leg: signalling and media of one party, independent of the transport.

Implemented by ``sip.leg.SipLeg`` and ``webrtc.leg.WebRtcLeg``; calls use only these protocols.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol
from uuid import UUID

from mixminus.mixer import BridgePort, PortClosed
from mixminus.model.call import Address, Diversion, HangupReason, MediaQuality
from mixminus.model.ids import LegId
from mixminus.model.signalling import (
    FROM_ONLY,
    MAX_FORWARDS,
    NO_HEADERS,
    UNSIGNALLED,
    CallerPolicy,
    Signalled,
)
from mixminus.model.srtp import Encryption, SrtpPolicy

__all__ = [
    "ANONYMOUS",
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
    "Replacements",
    "Target",
    "Texts",
    "Transfers",
    "Transport",
    "measured",
]

Transport = Literal["sip", "webrtc", "local"]
"""How a party is connected; ``local`` is the other end of a call within this server."""


@dataclass(frozen=True, slots=True)
class LegEnded:
    """Why a leg has ended; ``remote`` if the far end ended it."""

    reason: HangupReason
    remote: bool
    sip_code: int = field(default=0, compare=False)
    """The final status code of its INVITE, or what the far end's silence counts as; 0 without SIP."""
    transport: Transport | Literal[""] = field(default="", compare=False)
    """Empty of a leg that a former run of the server has left."""
    media: MediaQuality | None = field(default=None, compare=False)
    """What was measured of its audio; None within the server."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What the transport has authenticated about a caller; From headers are not part of it."""

    account_id: UUID | None = None
    """The extension or trunk that has authenticated itself."""
    host: str = ""
    """The address that the call came from; empty if the transport has none."""


ANONYMOUS: Final = Caller()


class Leg(Protocol):
    """One phone's dialog or one browser's session, with its port on the engine."""

    @property
    def id(self) -> LegId: ...

    @property
    def transport(self) -> Transport: ...

    @property
    def port(self) -> BridgePort:
        """The participant's port, open from the start of the leg to its end."""
        ...

    def apply_srtp(self, policy: SrtpPolicy) -> bool:
        """Hold an incoming call to a policy, before anything is signalled; False if its offer does not allow that.

        Audio by ICE and DTLS is encrypted always, and satisfies every policy.
        """
        ...

    def set_media_timeout(self, timeout_s: int) -> None:
        """Take how long an incoming call may have no audio before its far end is asked, in s; 0 for the server's time."""
        ...

    async def ring(self) -> None:
        """Signal ringing to the caller (SIP 180); harmless when repeated or answered."""
        ...

    async def open_early_media(self) -> bool:
        """Let the caller hear audio before the answer (SIP 183 with a description).

        Returns False if the transport or the caller cannot; harmless when repeated or answered.
        """
        ...

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Answer the call; returns when the answer is sent. Answering twice is harmless.

        ``headers`` are sent with the answer, on transports that have them.
        """
        ...

    async def reject(self, status_code: int) -> None:
        """Reject an unanswered call with a SIP status code; WHIP maps it to an HTTP status."""
        ...

    async def hang_up(
        self, reason: HangupReason = HangupReason.NORMAL, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        """Hang up; harmless when the leg is over. ``ended`` completes afterwards.

        ``headers`` are sent with the BYE, on transports that have them.
        """
        ...

    async def hold(self) -> None:
        """Signal hold to the far end; harmless when repeated, or on a transport without hold."""
        ...

    async def resume(self) -> None:
        """Signal the end of hold; harmless when it is not held."""
        ...

    async def refer(self, uri: str) -> bool:
        """Ask the far end to call a URI (REFER), and hang up when it has; return False if unsupported."""
        ...

    def send_text(self, text: str) -> bool:
        """Show a text at the far end, if it can; False if it cannot."""
        ...

    async def responds(self) -> bool:
        """Ask the far end by signalling whether it is there; False if its transport cannot be asked."""
        ...

    async def ended(self) -> LegEnded:
        """Wait for the end of the leg; may be awaited many times. The port is closed by then."""
        ...


class IncomingLegs(Protocol):
    """Accepts new legs of transports: ``call.service.CallService``."""

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANONYMOUS,
        signalled: Signalled = UNSIGNALLED,
    ) -> None:
        """Accept a leg that waits for ring, answer or reject; returns at once, a task serves the leg.

        ``pin`` is the room's pin, from transports that send it with the call; ``caller`` is authenticated, ``signalled`` is
        not.
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
    """For a far end that requires authentication (RFC 3261 section 22)."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """What a transport dials; without a hop, the URI gives the address."""

    request_uri: str
    hop: Hop | None = None
    credentials: Credentials | None = None
    account_id: UUID | None = None
    """The extension that has registered there."""
    within: UUID | None = None
    """The customer whose own number this is: the call does not leave the server."""
    encryption: Encryption = "never"
    replaces: str = ""
    """The value of a Replaces header: the call of another server that this one takes the place of (RFC 3891)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Own headers of the INVITE."""
    policy: CallerPolicy = FROM_ONLY
    """How the caller is shown."""
    diversions: tuple[Diversion, ...] = ()
    """Where the call was diverted from, the last diversion first."""
    route: tuple[str, ...] = ()
    """The URIs of the proxies that the INVITE passes, the next one first; empty for none."""
    faces: str = ""
    """The address of a phone to which another node relays; empty for the address that the INVITE is sent to."""
    in_browser: bool = False
    """Whether a phone has audio by ICE and DTLS-SRTP only, as all that register over WebSocket."""
    first_response_s: float = 3.0
    """The time without any response after which the next server, or the next alternative, is tried."""
    media_timeout_s: int = 0
    """The time without audio after which the far end is asked whether it is there; 0 for the server's."""
    alternatives: "tuple[Target, ...]" = ()
    """What is dialled when no server of this target takes the call: the customer's other trunks, for the same number."""
    max_forwards: int = MAX_FORWARDS
    """How many hops the call, and the calls that it leads to, may take."""


class OutgoingLeg(Leg, Protocol):
    """A leg of an outgoing call."""

    async def rang(self) -> bool:
        """Wait until the far end rings; False if it answers or ends before. May be awaited many times."""
        ...

    async def early_media(self) -> bool:
        """Wait until the far end sends audio before the answer; False if it answers or ends before."""
        ...

    async def answered(self) -> bool:
        """Wait until the far end answers; False if it ends before. May be awaited many times."""
        ...


@dataclass(frozen=True, slots=True)
class Referral:
    """A phone's request to transfer its call (REFER, RFC 3515)."""

    target: str
    """A SIP URI, or a target to be dialled on this server."""
    is_local: bool
    """Whether the target is on this server."""
    replaces: LegId | None = None
    """The phone's other leg, for an attended transfer."""
    replaces_there: str = ""
    """The value of a Replaces header: the phone's other call, which is not on this server."""


class Transfers(Protocol):
    """Handles transfer requests of phones: ``call.transfer.TransferService``."""

    def on_refer(self, leg_id: LegId, referral: Referral, notify: Callable[[int], None]) -> None:
        """Start the transfer and return at once.

        ``notify`` is called with its SIP status codes; the last one is 200 or above.
        """
        ...


class Replacements(Protocol):
    """Handles calls that take the place of others: ``call.replacement.ReplacementService``."""

    async def replace(self, leg: Leg, replaced_leg: LegId, *, source: Address, caller: Caller) -> None:
        """Let a new leg take the place of another one; returns at once. A leg that may not is rejected."""
        ...


class Texts(Protocol):
    """Takes what phones write: ``call.phone_chat.PhoneChat``."""

    def on_text(self, leg_id: LegId, text: str) -> None:
        """Take a text, which is not empty; returns at once."""
        ...


class OutgoingLegs(Protocol):
    """Dials: ``sip.service.SipEndpoint``. Browsers cannot be called."""

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> OutgoingLeg:
        """Start a call and return at once; raise MixMinusError if no port is available.

        Later failures complete ``ended``.
        """
        ...


def measured(port: BridgePort) -> MediaQuality | None:
    """Return what was measured of a port's audio until now; None if it is closed."""
    try:
        found = port.statistics()
    except PortClosed:
        return None
    counters = found.counters
    return MediaQuality(
        codec=port.codec or "",
        packets_received=counters["rtp_received"],
        packets_lost=counters["jbuf_lost"] + counters["jbuf_late"],
        packets_sent=counters["rtp_sent"],
        loss=found.loss,
        remote_loss=found.remote_loss,
        jitter_ms=found.jitter_ms,
        round_trip_ms=found.round_trip_ms,
        mos=found.mos or None,
    )
