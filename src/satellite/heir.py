"""Heir: makes this node the home of a room whose home is dead, with the participants of all survivors in it.

The room opens on the bridge that the branch has here: no port moves, and the links between survivors stay. Ghosts of
their talkers become ports of seats. Whom no survivor names has left with the dead node.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from mixminus.clock import Clock
from mixminus.cluster.alone import Cluster
from mixminus.cluster.leg_messages import Dismiss
from mixminus.cluster.link import Link
from mixminus.cluster.messages import Attach, Closed, HeldSeat
from mixminus.cluster.remote_port import FarLeg, RemotePort
from mixminus.conference.ledger import CONFERENCECALLS, advance, departure, set_flag, touched
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.room import Room, Seat
from mixminus.errors import MixMinusError
from mixminus.log import get
from mixminus.model.conference import (
    Conference,
    Conferencecall,
    ConferencecallStatus,
    ConferenceStatus,
    Role,
    SeatEvent,
    SeatState,
)
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId
from mixminus.satellite.branch import Branch, Heritage
from mixminus.satellite.gathering import Gathering
from mixminus.satellite.home import Home, Serving, send
from mixminus.satellite.hub import FarSeat, Hub
from mixminus.satellite.mesh import Mesh
from mixminus.satellite.satellite import Satellite
from mixminus.store.database import Store, Transaction
from mixminus.store.persistence import until_written
from mixminus.usage.meter import Meter, Stay

__all__ = ["Aftermath", "Heir"]

log = get("cluster")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is written of a room that is taken over."""

    lifecycle: Lifecycle
    meter: Meter
    abandon_recordings: Callable[[], Awaitable[None]]
    """Writes that recordings of dead nodes have ended."""


class Heir:
    """Takes rooms over, with the seats of this node and of those that attach to it."""

    def __init__(  # noqa: PLR0913 -- the service names each
        self,
        store: Store,
        clock: Clock,
        cluster: Cluster,
        *,
        satellite: Satellite,
        home: Home,
        serving: Serving,
        aftermath: Aftermath,
        counters: Counter[str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._cluster = cluster
        self._satellite = satellite
        self._home = home
        self._serving = serving
        self._aftermath = aftermath
        self._counters = counters

    async def take(self, branch: Branch, gathering: Gathering) -> None:
        """Open a room that this node has claimed; the other survivors attach in ``gathering``."""
        room_id = ConferenceId(branch.room)
        async with self._serving.rooms.lock(room_id):
            await gathering.complete(peer for node in branch.mesh.nodes if (peer := self._cluster.peer(node)))
            conference, rows = await until_written(self._clock, lambda: self._read(room_id))
            attached = gathering.take()
            if conference is None or conference.status is ConferenceStatus.TERMINATED:
                for link, _ in attached:
                    send(link, Closed(branch.room))
                self._satellite.give_up(branch)
                return
            room = self._open(branch, conference, rows, attached)
            lost = [row for row in rows if row.id not in room.seats]
            self._counters["cluster.rooms_inherited"] += 1
            self._counters["cluster.seats_kept"] += len(room.seats)
            log.info("room taken over", conference_id=str(room_id), seats=len(room.seats), lost=len(lost))
            room.set_conference(await until_written(self._clock, lambda: self._write(room, lost)))
            await self._go_on(room, lost)

    async def _read(self, room_id: ConferenceId) -> tuple[Conference | None, list[Conferencecall]]:
        async with self._store.snapshot() as tx:
            return await tx.conferences.find(room_id), await tx.conferencecalls.present(room_id)

    def _open(
        self,
        branch: Branch,
        conference: Conference,
        rows: Iterable[Conferencecall],
        attached: Iterable[tuple[Link, Attach]],
    ) -> Room:
        """Open the room with all seats that survivors have."""
        mesh, here, heritage = branch.mesh, self._cluster.node_id, branch.heritage
        survivors = []
        for link, said in attached:
            if mesh.connected(link.peer.id) and here in said.connected:
                survivors.append((link, said))
            else:  # the home has died before they were linked
                send(link, Closed(branch.room))
        seats = self._satellite.hand_over(branch)
        room = self._serving.rooms.open(conference, mesh.bridge)
        room.company = branch.company
        present: dict[UUID, Conferencecall] = {row.id: row for row in rows}
        for seat in seats:
            self._keep(room, seat, present.get(seat.id), mesh, heritage)
        far = [
            (link, taken)
            for link, said in survivors
            for held in said.seats
            if (taken := self._adopt(room, mesh, link, held, present.get(held.seat)))
        ]
        mesh.keep([link.peer.id for link, _ in survivors])
        _count(room)
        self._serve(room, mesh, survivors, far, heritage)
        cells = [*heritage.cells, *(cell for _, said in survivors for cell in said.cells)]
        room.hearing.resume(
            branch.rules,
            {
                (ConferencecallId(cell.listener), ConferencecallId(cell.speaker)): cell.gain_db
                for cell in cells
            },
        )
        room.update_sounds()
        return room

    def _keep(
        self, room: Room, seat: Seat, row: Conferencecall | None, mesh: Mesh, heritage: Heritage
    ) -> None:
        """Keep a seat of this node, if its row has it as it is."""
        if row and _is_as_written(row, joined=seat.joined):
            self._enter(room, seat, row)
            return
        mesh.drop(heritage.numbers[seat.id])
        if not seat.dismissed.done():
            seat.dismiss()
        seat.mark_left()

    def _adopt(
        self, room: Room, mesh: Mesh, link: Link, held: HeldSeat, row: Conferencecall | None
    ) -> FarSeat | None:
        """Return the seat of another survivor; one whose row has it otherwise must leave."""
        if row is None or not _is_as_written(row, joined=held.joined):
            send(link, Dismiss(room.conference.id, held.seat))
            return None
        leg = FarLeg(room.conference.id, row.reference_id, held.leg, held.name, held.transport)
        try:
            port = mesh.adopt(link.peer.id, held.number, partial(RemotePort, link=link, leg=leg))
        except MixMinusError as error:
            log.warning("participant not kept", conferencecall_id=str(row.id), cause=str(error))
            send(link, Dismiss(room.conference.id, held.seat))
            return None
        seat = Seat(
            row.id, CallId(row.reference_id), room.conference, port, room.company, row.role, row.activeflow_id
        )
        if held.joined:
            seat.advance(SeatEvent.CONNECTED)
        port.set_on_hold(held.on_hold, heard=True)  # it is muted at its own node
        self._enter(room, seat, row)
        return FarSeat(seat, port, self._serving.keypad.performer(seat))

    def _enter(self, room: Room, seat: Seat, row: Conferencecall) -> None:
        seat.row = row
        self._serving.rooms.seat(room, seat)
        if seat.joined:
            self._serving.rooms.connect(room, seat)
        seat.adjust(row)
        if row.waiting and seat.state is SeatState.RESERVED:
            seat.advance(SeatEvent.HELD)

    def _serve(
        self,
        room: Room,
        mesh: Mesh,
        survivors: list[tuple[Link, Attach]],
        far: Iterable[tuple[Link, FarSeat]],
        heritage: Heritage,
    ) -> None:
        """Be the home of the other survivors."""
        numbers = {
            seat.port.id: heritage.numbers[id_] for id_, seat in room.seats.items() if id_ in heritage.numbers
        }
        highest = max([heritage.highest, *(said.highest for _, said in survivors)])
        hub = Hub(
            room,
            self._cluster.node_id,
            mesh,
            self._serving.rooms.seat_of,
            numbers=numbers,
            next_number=highest + 1,
        )
        for link, said in survivors:
            hub.resume(link, said.connected)
        for link, each in far:
            hub.take(link.peer.id, each)
            each.port.name_seat(each.seat.id)
        self._home.resume(hub)

    async def _write(self, room: Room, lost: Iterable[Conferencecall]) -> Conference:
        """Write who has left with the dead node, and who talks now."""
        async with self._store.transaction() as tx:
            stays: list[Stay] = []
            for known in lost:
                row = await CONFERENCECALLS.find_for_update(tx, known.id)
                if row.status is not ConferencecallStatus.LEAVED:
                    stays.append((row, self._aftermath.meter.last_known(row.tm_update, row.tm_join)))
                    await advance(tx, self._clock, row, *departure(row))
            await self._aftermath.meter.count(tx, stays)
            for seat in room.seats.values():
                await self._write_flags(tx, seat)
            return await touched(tx, self._clock, room.conference, room.present.values())

    async def _write_flags(self, tx: Transaction, seat: Seat) -> None:
        row = seat.row
        if row is None or row.status is not ConferencecallStatus.JOINED or seat.port.closed:
            return
        talking = seat.port.statistics().talking
        row = await set_flag(tx, self._clock, row, "talking", on=talking)
        row = await set_flag(tx, self._clock, row, "on_hold", on=seat.port.on_hold)
        tx.after_commit(partial(setattr, seat, "row", row))

    async def _go_on(self, room: Room, lost: Iterable[Conferencecall]) -> None:
        """Do what follows from the leavings."""
        lifecycle, conference = self._aftermath.lifecycle, room.conference
        for seat in tuple(room.seats.values()):
            if seat.row and seat.row.status is ConferencecallStatus.LEAVING:
                seat.dismiss()
        if conference.status is ConferenceStatus.TERMINATING:
            await room.dismiss_all()
            await lifecycle.end_if_empty(conference)
            return
        lifecycle.arm(conference)
        if _ends(room, [row for row in lost if row.tm_join]):
            await lifecycle.close(conference.id)
        elif room.settings.record_on_start and room.joined:
            await until_written(self._clock, self._aftermath.abandon_recordings)
            await lifecycle.record(conference.id, room)


def _is_as_written(row: Conferencecall, *, joined: bool) -> bool:
    """Return whether a row says of a participant what its node does; the home may have died in between."""
    return row.status is ConferencecallStatus.LEAVING or joined is (row.status is ConferencecallStatus.JOINED)


def _count(room: Room) -> None:
    """Count the participants that have joined, in the order in which they did."""
    joined = [(seat.row.tm_join, seat) for seat in room.seats.values() if seat.joined and seat.row]
    for _, seat in sorted(((tm, seat) for tm, seat in joined if tm), key=lambda each: each[0]):
        room.count(seat)
    if room.joined > 1:
        room.company.set()


def _ends(room: Room, lost: list[Conferencecall]) -> bool:
    """Return whether the room ends because these have left it (``conference.participants``)."""
    if not lost:
        return False
    if room.conference.type == "connect":
        return room.joined <= 1 if room.company.is_set() else not room.seats
    moderated = any(row.role is Role.MODERATOR for row in lost)
    return moderated and not room.moderated and room.settings.end_when_moderator_leaves
