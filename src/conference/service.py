"""ConferenceService: the operations on conferences (api.md section 2.2). The folder is read from here.

A conference is a row (``model.conference``), and from its start to its end a room as well: a bridge of the
engine, and a seat for each participant (``room``).

    ConferenceService     create, update, delete, record and transcribe a conference
      -> Lifecycle        its transitions: rows, events, rooms and timers together; restart
      -> Rooms            the live rooms, and one lock for each conference
    ParticipantService    admit a call, connect its audio, kick it, let it leave
      -> admission        may this caller enter, and in which role: pin, lock, limit
      -> Announcements    prompts to one participant or to all; RoomSounds: tones, music, ringback
    Keypad                menu actions by DTMF
    HearsService          who hears whom
    watchers              talk spurts become events; unhealthy participants are removed

Every change is made with the conference's lock (``Rooms.lock``) held: take the row that the room or the seat
has (one without is read), decide, write it and its event in one transaction (``ledger``), then change the room. ``protocols`` lists what packages above
this one do for it: recording, transcription and flows.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.admission import check_place, check_settings, role_of
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.conference.ledger import CONFERENCES
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.processing import check_noise_suppression
from mixminus.conference.protocols import ConferenceFlows, Recorder
from mixminus.conference.room import Room, Rooms
from mixminus.errors import InvalidArgument
from mixminus.log import task_failed
from mixminus.model.conference import Conference, ConferenceProfile, ConferenceSpec, ConferenceStatus
from mixminus.model.ids import NIL, ConferenceId, CustomerId, new_direct_hash, new_id
from mixminus.model.recording import PauseMode, RecordingOptions
from mixminus.model.transcription import TranscribeOptions
from mixminus.store.database import Store, Transaction
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.tasks import TaskScope
from mixminus.usage.balance import BalanceService

__all__ = ["ConferenceService"]

MIN_TIMEOUT_S: Final = 60
DAY_S: Final = 86_400
_AT_A_TIME: Final = 50
T = TypeVar("T")


class ConferenceService:
    """Creates, reads, updates, deletes, records and transcribes conferences of one customer at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        lifecycle: Lifecycle,
        recorder: Recorder,
        flows: ConferenceFlows,
        balances: BalanceService,
    ) -> None:
        self._balances = balances
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._recorder = recorder
        self._flows = flows
        self._taken: set[ConferenceId] = set()
        """Rooms of dead nodes that are not reopened yet."""
        self._scope = TaskScope(task_failed("conference"))

    async def start(self) -> None:
        """Reopen the conferences of the previous run; recordings must be repaired before.

        A node reopens those that no living node has; it may be called again.
        """
        if self._store.fence.alone:
            async with self._store.snapshot() as tx:
                await self._resume(await tx.conferences.unfinished())
            return
        async with self._store.transaction() as tx:
            taken = await tx.homes.take_orphans()
        await self._take(taken)

    async def adopt(self) -> None:
        """Open the rooms that other nodes have given to this one."""
        async with self._store.snapshot() as tx:
            given = await tx.homes.given()
        await self._take(given)

    async def _take(self, taken: Sequence[tuple[UUID, int]]) -> None:
        """Hold rooms, and reopen those that are not ended; what failed before is tried again."""
        for conference_id, epoch in taken:
            if not self._store.fence.holds(conference_id):
                self._store.fence.hold(conference_id, epoch)
                self._taken.add(ConferenceId(conference_id))
        for ids in _batches(sorted(self._taken)):
            async with self._store.snapshot() as tx:
                found = await tx.conferences.find_all(ids)
            open_ = [each for each in found if each.status is not ConferenceStatus.TERMINATED]
            self._taken -= set(ids) - {each.id for each in open_}
            await self._resume(open_)

    async def _resume(self, conferences: Sequence[Conference]) -> None:
        is_node = not self._store.fence.alone
        for some in _batches(conferences):
            async with self._store.snapshot() as tx:
                present = await tx.conferencecalls.present_in([each.id for each in some])
            for conference in some:
                async with self._rooms.lock(conference.id):
                    if is_node and conference.id not in self._taken:
                        continue  # opened meanwhile by another look
                    lost = [each for each in present if each.conference_id == conference.id]
                    await self._lifecycle.resume(conference, lost)
                    self._taken.discard(conference.id)
            await asyncio.sleep(0)

    async def create(self, customer_id: CustomerId, spec: ConferenceSpec) -> Conference:
        """Create a conference and return it while it is starting; it is progressing within milliseconds.

        Raises InsufficientBalance, and NoiseSuppressionUnavailable.
        """
        check_noise_suppression(self._rooms.engine, spec.settings.noise_suppression)
        await self._balances.require(customer_id)
        conference = self._new(customer_id, await self._flows.checked(customer_id, spec))
        async with self._store.transaction() as tx:
            await CONFERENCES.add(tx, conference)
            await tx.outbox.open(conference.id, homed=True)
            CONFERENCES.publish(tx, conference, "conference_created")
        self._scope.spawn(f"begin {conference.id}", self._begin(conference.id))
        self._lifecycle.arm(conference)
        return conference

    async def create_begun(self, customer_id: CustomerId, spec: ConferenceSpec) -> Conference:
        """Create a conference and return it when it is progressing."""
        conference = await self.create(customer_id, spec)
        async with self._rooms.lock(conference.id):
            return await self._lifecycle.begun(conference.id)

    async def breakouts(self, conference_id: ConferenceId) -> tuple[Conference, ...]:
        """Return the open breakout rooms of a conference, oldest first."""
        async with self._store.snapshot() as tx:
            return tuple(await tx.conferences.breakouts(conference_id))

    async def get(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Return a customer's conference, also a deleted one; raise ConferenceNotFound."""
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        return owned(conference, customer_id, ConferenceNotFound(f"no conference {conference_id}"))

    async def known(self, customer_id: CustomerId, conference_id: ConferenceId) -> tuple[Conference, int]:
        """Return a customer's conference and how many are in its room; raise ConferenceNotFound.

        While the room is open both are its own, and nothing is read: of what belongs to the conference the ids may be
        missing.
        """
        room = self._rooms.find(conference_id)
        if room and room.customer_id == customer_id:
            return room.conference, room.joined
        conference = await self.get(customer_id, conference_id)
        return conference, len(conference.conferencecall_ids)

    async def check(self, customer_id: CustomerId, conference_id: ConferenceId) -> None:
        """Raise ConferenceNotFound unless the customer has this conference; while its room is open, nothing is read."""
        await self.known(customer_id, conference_id)

    async def room(self, customer_id: CustomerId, conference_id: ConferenceId) -> Room:
        """Return the room of a customer's conference; raise ConferenceNotFound, ConferenceNotProgressing."""
        conference, _ = await self.known(customer_id, conference_id)
        return self._rooms.require(conference)

    async def get_open(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Return a customer's conference that is not ending; raise ConferenceNotProgressing."""
        return _not_ending(await self.get(customer_id, conference_id))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Conference]:
        """Return conferences that are not deleted, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.conferences.page(customer_id, page)

    async def delete(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Delete the conference and remove its participants.

        One that is ending or ended is returned unchanged.
        """
        async with self._rooms.lock(conference_id):
            await self.get(customer_id, conference_id)
            return await self._lifecycle.close(conference_id)

    async def update(
        self, customer_id: CustomerId, conference_id: ConferenceId, profile: ConferenceProfile
    ) -> Conference:
        """Replace the profile; the timeout starts again now.

        Raises ConferenceNotProgressing if it is ending or ended.
        """
        timeout_s = _timeout_s(profile)
        check_settings(profile.settings)
        check_noise_suppression(self._rooms.engine, profile.settings.noise_suppression)
        async with self._rooms.lock(conference_id):
            await self.get(customer_id, conference_id)
            profile = await self._flows.checked(customer_id, profile)
            async with self._store.transaction() as tx:
                conference = await self._open(tx, conference_id)
                now = self._clock.now()
                conference = conference.changed(
                    now, **_fields(profile), timeout_s=timeout_s, tm_timeout=_deadline(now, timeout_s)
                )
                await CONFERENCES.save(tx, conference, "conference_updated")
            self._lifecycle.arm(conference)
            if room := self._rooms.find(conference_id):
                room.set_conference(conference)
                room.update_sounds()
        return conference

    async def regenerate_direct_hash(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> Conference:
        """Replace the direct hash; the previous one cannot be dialled any more."""
        async with self._rooms.lock(conference_id):
            await self.get(customer_id, conference_id)
            async with self._store.transaction() as tx:
                conference = await self._open(tx, conference_id)
                conference = conference.changed(self._clock.now(), direct_hash=new_direct_hash())
                await CONFERENCES.save(tx, conference, "conference_updated")
            if room := self._rooms.find(conference_id):
                room.set_conference(conference)
        return conference

    async def check_entry(
        self,
        customer_id: CustomerId,
        conference_id: ConferenceId,
        pin: str,
        *,
        source: str | None = None,
        listens: bool = False,
    ) -> None:
        """Raise an error unless the conference admits a caller with this pin; one that only ``listens`` needs no place.

        ``source`` is where the caller comes from; None for one whose wrong pins are not counted.

        Raises ConferenceNotFound, ConferenceLocked, ConferenceFull, PinInvalid, InsufficientBalance.
        """
        conference, present = await self.known(customer_id, conference_id)
        await self._balances.require(customer_id)
        check_place(conference.settings, 0 if listens else present)
        if source is None:
            role_of(conference.settings, pin)
        else:
            now_s = self._clock.monotonic_s()
            self._rooms.pins.role_of(conference_id, conference.settings, pin, source=source, now_s=now_s)

    async def recording_start(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: RecordingOptions
    ) -> Conference:
        """Start recording the room; it may be empty."""
        async with self._rooms.lock(conference_id):
            conference, room = await self._progressing(customer_id, conference_id)
            await self._recorder.start(conference, room.bridge, options)
            self._lifecycle.announcements.announce_recording(room)
            return await self.get(customer_id, conference_id)

    async def recording_stop(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Stop the running recording; its file is complete shortly after."""
        async with self._rooms.lock(conference_id):
            conference, _ = await self._progressing(customer_id, conference_id)
            await self._recorder.stop(conference.id)
            return await self.get(customer_id, conference_id)

    async def recording_pause(
        self, customer_id: CustomerId, conference_id: ConferenceId, mode: PauseMode
    ) -> Conference:
        """Pause the running recording."""
        conference, _ = await self._progressing(customer_id, conference_id)
        self._recorder.pause(conference.id, mode)
        return conference

    async def recording_resume(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Resume the paused recording."""
        conference, _ = await self._progressing(customer_id, conference_id)
        self._recorder.resume(conference.id)
        return conference

    async def transcribe_start(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: TranscribeOptions
    ) -> Conference:
        """Start a transcription, separate for each participant."""
        async with self._rooms.lock(conference_id):
            conference, room = await self._progressing(customer_id, conference_id)
            await self._lifecycle.transcriber.start(conference, room.bridge, options)
            return await self.get(customer_id, conference_id)

    async def transcribe_stop(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Stop the transcription; its last transcripts are created shortly after."""
        async with self._rooms.lock(conference_id):
            conference, _ = await self._progressing(customer_id, conference_id)
            await self._lifecycle.transcriber.stop(conference)
            return await self.get(customer_id, conference_id)

    async def close(self) -> None:
        """Stop timers and close rooms; conferences are reopened at the next start."""
        await self._scope.close()
        await self._lifecycle.stop()

    async def _progressing(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> tuple[Conference, Room]:
        conference = await self.get(customer_id, conference_id)
        return conference, self._rooms.require(conference)

    async def _open(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        return _not_ending(await CONFERENCES.find_for_update(tx, conference_id))

    async def _begin(self, conference_id: ConferenceId) -> None:
        async with self._rooms.lock(conference_id):
            await self._lifecycle.begun(conference_id)

    def _new(self, customer_id: CustomerId, spec: ConferenceSpec) -> Conference:
        timeout_s = _timeout_s(spec)
        check_settings(spec.settings)
        now = self._clock.now()
        return Conference(
            id=spec.id or ConferenceId(new_id()),
            customer_id=customer_id,
            type=spec.type,
            status=ConferenceStatus.STARTING,
            **_fields(spec),
            timeout_s=timeout_s,
            conferencecall_ids=(),
            recording_id=NIL,
            recording_ids=(),
            transcribe_id=NIL,
            transcribe_ids=(),
            direct_hash=new_direct_hash(),
            breakout_of=spec.breakout_of,
            tm_create=now,
            tm_timeout=_deadline(now, timeout_s),
        )


def _batches(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield some things at a time: so many are read by one query, and opened between two turns of the loop."""
    return (things[first : first + _AT_A_TIME] for first in range(0, len(things), _AT_A_TIME))


def _not_ending(conference: Conference) -> Conference:
    if conference.status in (ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED):
        raise ConferenceNotProgressing(
            f"conference {conference.id} is {conference.status} and can no longer be changed"
        )
    return conference


def _timeout_s(profile: ConferenceProfile) -> int:
    """Return the effective timeout: less than a minute counts as a day, as upstream (api.md section 2.1)."""
    if profile.timeout_s < 0:
        raise InvalidArgument("timeout must not be negative")
    return DAY_S if 0 < profile.timeout_s < MIN_TIMEOUT_S else profile.timeout_s


def _deadline(now: datetime, timeout_s: int) -> datetime | None:
    return now + timedelta(seconds=timeout_s) if timeout_s else None


def _fields(profile: ConferenceProfile) -> dict[str, Any]:
    """Return the fields of a profile that a conference stores unchanged."""
    return {
        each.name: getattr(profile, each.name)
        for each in fields(ConferenceProfile)
        if each.name != "timeout_s"
    }
