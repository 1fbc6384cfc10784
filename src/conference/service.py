"""ConferenceService: what a client may do with conferences (api.md section 2.2)."""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from mixminus.clock import Clock
from mixminus.conference.admission import check_place, check_settings, role_of
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.conference.flows import ConferenceFlows
from mixminus.conference.ledger import CONFERENCES
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.recorder import Recorder
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

__all__ = ["ConferenceService"]

MIN_TIMEOUT_S: Final = 60
DAY_S: Final = 86_400


class ConferenceService:
    """Creates, shows, closes, records and transcribes conferences; an id of another customer is not found."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        lifecycle: Lifecycle,
        recorder: Recorder,
        flows: ConferenceFlows,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._recorder = recorder
        self._flows = flows
        self._scope = TaskScope(task_failed("conference"))

    async def start(self) -> None:
        """Take up what an earlier run has left; recordings must be repaired by then."""
        async with self._store.snapshot() as tx:
            unfinished = await tx.conferences.unfinished()
        for conference in unfinished:
            async with self._rooms.turn(conference.id):
                await self._lifecycle.resume(conference)

    async def create(self, customer_id: CustomerId, spec: ConferenceSpec) -> Conference:
        """Return the new conference while it is starting; it progresses within milliseconds."""
        conference = self._new(customer_id, await self._flows.checked(customer_id, spec))
        async with self._store.transaction() as tx:
            await CONFERENCES.add(tx, conference)
            await tx.outbox.open(conference.id)
            await CONFERENCES.publish(tx, conference, "conference_created")
        self._scope.spawn(f"begin {conference.id}", self._begin(conference.id))
        self._lifecycle.arm(conference)
        return conference

    async def get(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        return owned(conference, customer_id, ConferenceNotFound(f"no conference {conference_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Conference]:
        """Return conferences that are not deleted, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.conferences.page(customer_id, page)

    async def delete(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Close the conference; one that is closing or closed is returned as it is."""
        async with self._rooms.turn(conference_id):
            await self.get(customer_id, conference_id)
            return await self._lifecycle.close(conference_id)

    async def update(
        self, customer_id: CustomerId, conference_id: ConferenceId, profile: ConferenceProfile
    ) -> Conference:
        """Replace all that may change; the timeout runs anew from now, and without one nothing runs."""
        timeout_s = _timeout_s(profile)
        check_settings(profile.settings)
        async with self._rooms.turn(conference_id):
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
                room.settings = conference.settings
                room.settle()
        return conference

    async def regenerate_direct_hash(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> Conference:
        """Give the conference another direct hash; the one before leads nowhere from now on."""
        async with self._rooms.turn(conference_id):
            await self.get(customer_id, conference_id)
            async with self._store.transaction() as tx:
                conference = await self._open(tx, conference_id)
                conference = conference.changed(self._clock.now(), direct_hash=new_direct_hash())
                await CONFERENCES.save(tx, conference, "conference_updated")
        return conference

    async def check_entry(self, customer_id: CustomerId, conference_id: ConferenceId, pin: str) -> Conference:
        """Return the conference if one more may come with this pin, else raise why not."""
        conference = await self.get(customer_id, conference_id)
        check_place(conference.settings, len(conference.conferencecall_ids))
        role_of(conference.settings, pin)
        return conference

    async def recording_start(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: RecordingOptions
    ) -> Conference:
        """Record the room from now on, whether or not anybody is there."""
        async with self._rooms.turn(conference_id):
            conference, room = await self._progressing(customer_id, conference_id)
            await self._recorder.start(conference, room.bridge, options)
            self._lifecycle.telling.recording(room)
            return await self.get(customer_id, conference_id)

    async def recording_stop(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Stop the active recording; its file is whole a moment later."""
        async with self._rooms.turn(conference_id):
            conference, _ = await self._progressing(customer_id, conference_id)
            await self._recorder.stop(conference.id)
            return await self.get(customer_id, conference_id)

    async def recording_pause(
        self, customer_id: CustomerId, conference_id: ConferenceId, mode: PauseMode
    ) -> Conference:
        """Leave out of the active recording what is said from now on."""
        conference, _ = await self._progressing(customer_id, conference_id)
        self._recorder.pause(conference.id, mode)
        return conference

    async def recording_resume(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Let the paused recording go on."""
        conference, _ = await self._progressing(customer_id, conference_id)
        self._recorder.resume(conference.id)
        return conference

    async def transcribe_start(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: TranscribeOptions
    ) -> Conference:
        """Write down what is said from now on, each participant apart."""
        async with self._rooms.turn(conference_id):
            conference, room = await self._progressing(customer_id, conference_id)
            await self._lifecycle.transcriber.start(conference, room.bridge, options)
            return await self.get(customer_id, conference_id)

    async def transcribe_stop(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Stop listening; the last words are written a moment later."""
        async with self._rooms.turn(conference_id):
            conference, _ = await self._progressing(customer_id, conference_id)
            await self._lifecycle.transcriber.stop(conference)
            return await self.get(customer_id, conference_id)

    async def close(self) -> None:
        """Stop timers and close bridges; conferences go on at the next start."""
        await self._scope.close()
        await self._lifecycle.stop()

    async def _progressing(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> tuple[Conference, Room]:
        conference = await self.get(customer_id, conference_id)
        return conference, self._rooms.require(conference)

    async def _open(self, tx: Transaction, conference_id: ConferenceId) -> Conference:
        conference = await CONFERENCES.find_for_update(tx, conference_id)
        if conference.status in (ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED):
            raise ConferenceNotProgressing(f"conference {conference_id} is {conference.status}")
        return conference

    async def _begin(self, conference_id: ConferenceId) -> None:
        async with self._rooms.turn(conference_id), self._store.transaction() as tx:
            await self._lifecycle.begin(tx, conference_id)

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
            tm_create=now,
            tm_timeout=_deadline(now, timeout_s),
        )


def _timeout_s(profile: ConferenceProfile) -> int:
    """Return the timeout that is meant: of less than a minute it is a day, as upstream (api.md section 2.1)."""
    if profile.timeout_s < 0:
        raise InvalidArgument("timeout is negative")
    return DAY_S if 0 < profile.timeout_s < MIN_TIMEOUT_S else profile.timeout_s


def _deadline(now: datetime, timeout_s: int) -> datetime | None:
    return now + timedelta(seconds=timeout_s) if timeout_s else None


def _fields(profile: ConferenceProfile) -> dict[str, Any]:
    """Return what a profile says and a conference keeps as it is."""
    return {
        each.name: getattr(profile, each.name)
        for each in fields(ConferenceProfile)
        if each.name != "timeout_s"
    }
