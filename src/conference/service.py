"""ConferenceService: what a client may do with conferences (api.md section 2.2)."""

from datetime import timedelta
from typing import Final

from mixminus.clock import Clock
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.model import Conference, ConferenceSpec
from mixminus.conference.publish import publish_conference
from mixminus.conference.recorder import Recorder
from mixminus.conference.room import Room, Rooms
from mixminus.conference.states import ConferenceStatus
from mixminus.errors import InvalidArgument
from mixminus.ids import NIL, ConferenceId, CustomerId, new_direct_hash, new_id
from mixminus.log import task_failed
from mixminus.recording.model import RecordingOptions
from mixminus.store.database import Store
from mixminus.store.page import Page
from mixminus.tasks import TaskScope

__all__ = ["ConferenceService"]

MIN_TIMEOUT_S: Final = 60
DAY_S: Final = 86_400


class ConferenceService:
    """Creates, shows, closes and records conferences; an id of another customer is not found."""

    def __init__(
        self, store: Store, clock: Clock, *, rooms: Rooms, lifecycle: Lifecycle, recorder: Recorder
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._recorder = recorder
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
        conference = self._new(customer_id, spec)
        async with self._store.transaction() as tx:
            await tx.conferences.add(conference)
            await tx.outbox.open(conference.id)
            await publish_conference(tx, "conference_created", conference)
        self._scope.spawn(f"begin {conference.id}", self._begin(conference.id))
        self._lifecycle.arm(conference)
        return conference

    async def get(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        async with self._store.snapshot() as tx:
            conference = await tx.conferences.find(conference_id)
        if conference is None or conference.customer_id != customer_id:
            raise ConferenceNotFound(f"no conference {conference_id}")
        return conference

    async def list(self, customer_id: CustomerId, page: Page) -> list[Conference]:
        """Return conferences that are not deleted, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.conferences.page(customer_id, page)

    async def delete(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Close the conference; one that is closing or closed is returned as it is."""
        async with self._rooms.turn(conference_id):
            await self.get(customer_id, conference_id)
            return await self._lifecycle.close(conference_id)

    async def recording_start(
        self, customer_id: CustomerId, conference_id: ConferenceId, options: RecordingOptions
    ) -> Conference:
        """Record the room from now on, whether or not anybody is there."""
        async with self._rooms.turn(conference_id):
            conference, room = await self._progressing(customer_id, conference_id)
            await self._recorder.start(conference, room.bridge, options)
            return await self.get(customer_id, conference_id)

    async def recording_stop(self, customer_id: CustomerId, conference_id: ConferenceId) -> Conference:
        """Stop the active recording; its file is whole a moment later."""
        async with self._rooms.turn(conference_id):
            conference, _ = await self._progressing(customer_id, conference_id)
            await self._recorder.stop(conference)
            return await self.get(customer_id, conference_id)

    async def close(self) -> None:
        """Stop timers and close bridges; conferences go on at the next start."""
        await self._scope.close()
        await self._lifecycle.stop()

    async def _progressing(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> tuple[Conference, Room]:
        conference = await self.get(customer_id, conference_id)
        room = self._rooms.find(conference_id)
        if conference.status is not ConferenceStatus.PROGRESSING or room is None:
            raise ConferenceNotProgressing(f"conference {conference_id} is {conference.status}")
        return conference, room

    async def _begin(self, conference_id: ConferenceId) -> None:
        async with self._rooms.turn(conference_id), self._store.transaction() as tx:
            await self._lifecycle.begin(tx, conference_id)

    def _new(self, customer_id: CustomerId, spec: ConferenceSpec) -> Conference:
        if spec.timeout_s < 0:
            raise InvalidArgument("timeout is negative")
        # Upstream's rule, kept: a timeout of less than a minute means a day (api.md section 2.1).
        timeout_s = DAY_S if 0 < spec.timeout_s < MIN_TIMEOUT_S else spec.timeout_s
        now = self._clock.now()
        return Conference(
            id=spec.id or ConferenceId(new_id()),
            customer_id=customer_id,
            type=spec.type,
            status=ConferenceStatus.STARTING,
            name=spec.name,
            detail=spec.detail,
            data=spec.data,
            timeout_s=timeout_s,
            pre_actions=spec.pre_actions,
            post_actions=spec.post_actions,
            pre_flow_id=spec.pre_flow_id,
            post_flow_id=spec.post_flow_id,
            conferencecall_ids=(),
            recording_id=NIL,
            recording_ids=(),
            transcribe_id=NIL,
            transcribe_ids=(),
            direct_hash=new_direct_hash(),
            tm_create=now,
            tm_timeout=now + timedelta(seconds=timeout_s) if timeout_s else None,
        )
