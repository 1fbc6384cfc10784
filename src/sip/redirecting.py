"""Redirecting: a call to a room of another node is sent there, where a proxy of ours can do that (RFC 3261 section 8.3).

    phone -> proxy -> this node: 302, Contact: <sip:ROOM@HOME;caller=VOUCHER> -> proxy -> home

The voucher says whom this node has authenticated, because the home's challenge would come back here. A call that comes again has
not been taken by the home: it is answered here, as are all calls while the home drains (ADR 42). A node that has no place for a call
answers 302 with one that has it, and 503 where that is not possible (ADR 47).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.call.leg import ANONYMOUS, Address, Caller, IncomingLegs, Leg
from mixminus.call.routing import Kind, parse_target
from mixminus.cluster.membership import Membership
from mixminus.cluster.peers import Peer
from mixminus.errors import Unavailable
from mixminus.model.signalling import UNSIGNALLED, Signalled
from mixminus.satellite.places import Places
from mixminus.sip.incoming_leg import IncomingLeg
from mixminus.sip.node_keys import COME_AGAIN, VOUCHED, node_key, voucher
from mixminus.store.database import Store

__all__ = ["Homes", "RedirectingLegs"]

_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Homes:
    """Finds the node for a call to a room, if that is another one."""

    store: Store
    membership: Membership
    places: Places
    secret: str
    """The cluster's."""

    async def of(self, room: UUID) -> Peer | None:
        """Return the node that a call is sent to: the home, or another one where both have no place; None to answer it here."""
        try:
            home = None if self.store.fence.holds(room) else await self._home(room)
            seats = await self.places.seats(room) if home else {}
            if home and self.places.takes(home, seats.get(home.id, 0)):
                return home
            if self.places.has_seat(room):
                return None
            chosen = await self.places.choose(room, {self.membership.node_id})
        except Unavailable:
            return None  # the call is answered as far as it can be
        return self.membership.peer(chosen) if chosen else None

    async def _home(self, room: UUID) -> Peer | None:
        home = await self.store.read(lambda tx: tx.homes.of(room))
        return self.membership.peer(home) if home else None


class RedirectingLegs:
    """Implements ``call.leg.IncomingLegs`` of a node: passes on the legs that are answered here."""

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
        """Redirect a leg, refuse it with 503 where its room has no seat left, or pass it on."""
        room = _room_of(destination)
        if room and isinstance(leg, IncomingLeg):
            may_redirect = caller.host in self._proxies and not _has_come_again(leg)
            if may_redirect and (node := await self._homes.of(room)):
                self._redirect(leg, node, room, caller)
                return
            if not self._homes.places.takes_here(room):
                await leg.reject(_UNAVAILABLE)
                return
        await self._legs.incoming(
            leg, source=source, destination=destination, pin=pin, caller=caller, signalled=signalled
        )

    def _redirect(self, leg: IncomingLeg, node: Peer, room: UUID, caller: Caller) -> None:
        account_id = str(caller.account_id or "")
        key = node_key(self._homes.secret, node.id)
        vouched = voucher(key, account_id, leg.sip_call_id)
        leg.redirect(f"sip:{room}@{node.sip_address};{VOUCHED}={vouched}")


def _room_of(destination: Address) -> UUID | None:
    dialled = parse_target(destination.target)
    return UUID(dialled.target) if dialled and dialled.kind is Kind.CONFERENCE else None


def _has_come_again(leg: IncomingLeg) -> bool:
    """Return whether a call was sent to its home before, and has not been taken there."""
    return leg.sip_call_id.endswith(COME_AGAIN)
