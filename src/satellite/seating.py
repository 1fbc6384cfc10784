"""Seating: how the flow of a call takes a seat, in a room that is here or at another node.

A room that is here is served by ``conference``. For another the home is asked over the link; the seat that the flow
gets is the home's as far as this node knows it, and its port is on the branch's bridge.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from mixminus.call.registry import LiveCalls
from mixminus.cluster.alone import Cluster
from mixminus.cluster.leg_messages import Act, Pressed
from mixminus.cluster.link import LinkBroken
from mixminus.cluster.messages import Admit
from mixminus.conference.keypad import KeyFilter, Keypad
from mixminus.conference.participants import Entry, ParticipantService
from mixminus.conference.room import Seat
from mixminus.mixer import BridgePort
from mixminus.model.conference import ConferenceStatus, Role, RoomSettings
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId
from mixminus.model.menu import MenuAction
from mixminus.satellite.satellite import NotSeated, Satellite
from mixminus.store.database import Store

__all__ = ["KeypadOfNodes", "Seating"]

_PATIENCE_S: Final = 3.0


class Seating:
    """The ``Participants`` of flows on a node."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        *,
        participants: ParticipantService,
        satellite: Satellite,
        live_calls: LiveCalls,
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._participants = participants
        self._satellite = satellite
        self._live_calls = live_calls

    def role_of(self, conference_id: ConferenceId, settings: RoomSettings, pin: str, source: str) -> Role:
        """Return the role that a pin gives; raise PinInvalid. Wrong ones are counted by each node for itself."""
        return self._participants.role_of(conference_id, settings, pin, source)

    async def settings(self, customer_id: CustomerId, conference_id: ConferenceId) -> RoomSettings:
        """Return the settings of a customer's room; raise ConferenceNotFound."""
        return await self._participants.settings(customer_id, conference_id)

    async def admit(
        self,
        conference_id: ConferenceId,
        call_id: CallId,
        port: BridgePort,
        role: Role = Role.PARTICIPANT,
        activeflow_id: UUID = NIL,
        entry: Entry = Entry(),  # noqa: B008 -- frozen
    ) -> Seat | None:
        """Return a seat of a participant that is joining; None if the conference does not admit it, Unavailable if not now."""
        await self._settled(conference_id)
        if self._store.fence.holds(conference_id):
            return await self._participants.admit(conference_id, call_id, port, role, activeflow_id, entry)
        async with self._store.snapshot() as tx:
            home = await tx.homes.of(conference_id)
            conference = await tx.conferences.find(conference_id)
        peer = self._cluster.peer(home) if home else None
        if peer is None or conference is None:
            if conference and conference.status is not ConferenceStatus.TERMINATED:
                self._store.fence.require(conference_id)
            return await self._participants.admit(conference_id, call_id, port, role, activeflow_id, entry)
        async with self._store.transaction() as tx:
            await entry.along(tx)
        live = self._live_calls[call_id]
        return await self._satellite.admit(
            peer,
            lambda request: Admit(
                room=conference_id,
                request=request,
                call=call_id,
                activeflow=activeflow_id,
                leg=live.leg_id,
                name=live.shown_name,
                transport=live.transport,
                role=role,
                muted=entry.muted,
                answered=entry.answered,
            ),
            lambda seated, company: Seat(
                ConferencecallId(seated.seat),
                call_id,
                conference,
                port,
                company,
                Role(seated.role),
                activeflow_id,
            ),
        )

    async def connect(self, seat: Seat) -> bool:
        """Connect the participant's audio; False if it was removed before, or must wait in the lobby.

        A home may die when it has connected it, before its answer; this node may be the next home then.
        """
        while self._satellite.has(seat):
            try:
                return await self._satellite.connect(seat)
            except LinkBroken:
                await self._satellite.settled(seat.conference.id)
        return seat.joined or await self._participants.connect(seat)

    async def leave(self, seat: Seat) -> None:
        """Release the seat."""
        if self._satellite.has(seat):
            await self._satellite.leave(seat)
        else:
            await self._participants.leave(seat)

    async def _settled(self, conference_id: ConferenceId) -> None:
        """Wait a little while the room gets another home; raise NotSeated if that takes longer."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._satellite.settled(conference_id)
        except TimeoutError:
            raise NotSeated("the room gets another home now; call again in some seconds") from None


class KeypadOfNodes:
    """The ``Keypad`` of flows on a node: keys of rooms that are at other nodes do there what they are for."""

    def __init__(self, keypad: Keypad, satellite: Satellite) -> None:
        self._keypad = keypad
        self._satellite = satellite

    def now_s(self) -> float:
        return self._keypad.now_s()

    def menu_of(self, seat: Seat) -> Mapping[str, MenuAction]:
        """Return the menu of the participant's room."""
        return self._satellite.menu_of(seat) if self._satellite.has(seat) else self._keypad.menu_of(seat)

    def relay(self, seat: Seat, digits: str) -> None:
        """Send digits that the menu has left to the other participants, or let the home do that."""
        if not self._satellite.has(seat):
            self._keypad.relay(seat, digits)
        elif digits:
            self._satellite.report(seat, lambda room: Pressed(room, seat.id, digits))

    @contextmanager
    def listening(self, seat: Seat) -> Iterator[KeyFilter]:
        """Yield the filter for the keys of a participant that is in the room, wherever its home is by then."""
        perform = self._keypad.performer(seat)

        def act(action: MenuAction) -> None:
            if self._satellite.has(seat):
                self._satellite.report(seat, lambda room: Act(room, seat.id, action))
            else:
                perform(action)

        yield KeyFilter(act, self, seat)
