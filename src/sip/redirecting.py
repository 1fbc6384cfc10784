"""Redirecting: a call to a room of another node is sent there, where a proxy of ours can do that (RFC 3261 section 8.3).

    phone -> proxy -> this node: 302, Contact: <sip:ROOM@HOME;caller=VOUCHER> -> proxy -> home

The voucher says whom this node has authenticated, because the home's challenge would come back here. A call that comes again has
not been taken by the home: it is answered here, as are all calls while the home drains (ADR 42).
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from mixminus.call.leg import ANONYMOUS, Address, Caller, IncomingLegs, Leg
from mixminus.call.routing import Kind, parse_target
from mixminus.cluster.membership import Membership
from mixminus.cluster.peers import Peer
from mixminus.errors import Unavailable
from mixminus.model.ids import ConferenceId
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.sip.incoming_leg import IncomingLeg
from mixminus.sip.node_keys import COME_AGAIN, VOUCHED, node_key, voucher
from mixminus.store.database import Store

__all__ = ["Homes", "RedirectingLegs"]


@dataclass(frozen=True, slots=True)
class Homes:
    """Finds the home of a room, if that is another node."""

    store: Store
    membership: Membership
    secret: str
    """The cluster's."""

    async def of(self, conference_id: ConferenceId) -> Peer | None:
        """Return the node; None for this one, and for one that takes no new calls."""
        if self.store.fence.holds(conference_id):
            return None
        try:
            home = await self.store.read(lambda tx: tx.homes.of(conference_id))
        except Unavailable:
            return None  # the call is answered as far as it can be
        peer = self.membership.peer(home) if home else None
        return None if peer is None or peer.is_draining else peer


class RedirectingLegs:
    """Implements ``call.leg.IncomingLegs``: passes on the legs that are answered here."""

    def __init__(self, legs: IncomingLegs, homes: Homes, proxies: Collection[str]) -> None:
        """``proxies`` are the addresses of those that follow a 302."""
        self._legs = legs
        self._homes = homes
        self._proxies = proxies

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
        """Redirect a leg, or pass it on."""
        if isinstance(leg, IncomingLeg) and caller.host in self._proxies and not _has_come_again(leg):
            dialled = parse_target(destination.target)
            room = dialled.target if dialled and dialled.kind is Kind.CONFERENCE else ""
            if room and (home := await self._homes.of(ConferenceId(UUID(room)))):
                self._redirect(leg, home, room, caller)
                return
        await self._legs.incoming(
            leg, source=source, destination=destination, pin=pin, caller=caller, signalled=signalled
        )

    def _redirect(self, leg: IncomingLeg, home: Peer, room: str, caller: Caller) -> None:
        account_id = str(caller.account_id or "")
        key = node_key(self._homes.secret, home.id)
        vouched = voucher(key, account_id, leg.sip_call_id)
        leg.redirect(f"sip:{room}@{home.sip_address};{VOUCHED}={vouched}")


def _has_come_again(leg: IncomingLeg) -> bool:
    """Return whether a call was sent to its home before, and has not been taken there."""
    return leg.sip_call_id.endswith(COME_AGAIN)
