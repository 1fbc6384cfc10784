"""PrivacyService: erases or exports what the server has of one person, whom a number or a SIP address names.

calls of the party -> the participants that they were -> what these have said (transcripts, chat)
                   -> recordings: of the calls; of the rooms, where stems have the person's voice alone
                   -> events, groupcalls, activeflows and traces that name them

Files are deleted before the rows by which they are found: an erasure that is interrupted is repeated as a whole. Of several nodes
each deletes the files that it has, before one of them erases the rows.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.errors import Conflict, InvalidArgument, NotFound
from mixminus.model.access import Identity
from mixminus.model.call import Call, CallStatus
from mixminus.model.chat import ChatMessage
from mixminus.model.conference import Conferencecall
from mixminus.model.ids import NIL, CustomerId, TraceId
from mixminus.model.party import party_key
from mixminus.model.privacy import ErasureReport, RoomRecordings
from mixminus.model.recording import Recording, RecordingStatus
from mixminus.model.transcription import Transcript
from mixminus.privacy.retention import Retention, RetentionConfig
from mixminus.recording.errors import RecordingUnavailable
from mixminus.recording.library import RecordingLibrary
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page
from mixminus.trace.service import TraceService

__all__ = ["Found", "PrivacyService"]

CALLS_A_STEP: Final = 20
_TRACES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """What the server has of some calls of a person: domain objects by the name of their kind."""

    calls: Sequence[Call]
    seats: Sequence[Conferencecall]
    recordings: Sequence[Recording]
    """Of the calls, and of the rooms that they were in while these were recorded; of several nodes those of this one."""
    elsewhere: Sequence[Recording]
    """Those that another node has."""
    stems: Mapping[UUID, Sequence[str]]
    """The tracks with the person's voice alone, by recording."""

    @property
    def seat_ids(self) -> list[UUID]:
        return [each.id for each in self.seats]

    @property
    def call_ids(self) -> list[UUID]:
        return [each.id for each in self.calls]


class PrivacyService:
    """Finds, exports and erases, a few calls at a time; one erasure at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        library: RecordingLibrary,
        traces: TraceService,
        keep: RetentionConfig,
    ) -> None:
        self.retention = Retention(store, clock, keep)
        self._store = store
        self._node_id = store.fence.node_id
        self._clock = clock
        self._library = library
        self._traces = traces
        self._erasing = asyncio.Lock()

    async def close(self) -> None:
        """Stop deleting old rows; closing twice is harmless."""
        await self.retention.close()

    async def find(
        self, customer_id: CustomerId, party: str, *, asked_by_node: bool = False
    ) -> AsyncIterator[Found]:
        """Yield what there is of a party, some calls at a time; raise InvalidArgument for no party.

        The node that asks others (``asked_by_node``) sees to the recordings that no living node has.
        """
        key, after = _key(party), NIL
        while True:
            async with self._store.snapshot() as tx:
                calls = await tx.privacy.calls_of(customer_id, key, after=after, limit=CALLS_A_STEP)
                if not calls:
                    return
                seats = await tx.privacy.seats_of([each.id for each in calls])
                references = [*(each.id for each in calls), *{each.conference_id for each in seats}]
                recordings = [
                    each
                    for each in await tx.privacy.recordings_of(references)
                    if each.reference_type == "call" or _was_there(seats, each)
                ]
                owners = [await tx.homes.of_resource("recordings", each.id) for each in recordings]
            own = {self._node_id} if asked_by_node else {self._node_id, None}
            here = [each for each, owner in zip(recordings, owners, strict=True) if owner in own]
            elsewhere = [each for each in recordings if each not in here]
            yield Found(calls, seats, here, elsewhere, await self._stems(customer_id, calls, here))
            after = calls[-1].id

    def check(self, party: str) -> None:
        """Raise InvalidArgument if it is neither a number nor an address."""
        _key(party)

    async def said(self, found: Found) -> tuple[list[Transcript], list[ChatMessage]]:
        """Return what the participants of some calls have said and written, and what was written to one of them alone."""
        async with self._store.snapshot() as tx:
            return (
                await tx.privacy.transcripts_of(found.call_ids),
                await tx.privacy.messages_of(found.seat_ids),
            )

    async def erase(self, identity: Identity, party: str, rooms: RoomRecordings) -> ErasureReport:
        """Erase what there is of a party, and return what was done. Calls that have not ended are left.

        Raises RecordingUnavailable if the files of a recording cannot be deleted now.
        """
        report = ErasureReport()
        async with self._erasing:
            async for found in self.find(identity.customer_id, party):
                ended = _ended(found)
                report.calls_in_progress += len(found.calls) - len(ended.calls)
                await self._delete_files(identity, ended, rooms, report)
                report.kept(ended.elsewhere)
                async with self._store.transaction() as tx:
                    await _erase_rows(tx, ended, _key(party), self._clock.now(), report)
        return report

    async def erase_files(self, identity: Identity, party: str, rooms: RoomRecordings) -> ErasureReport:
        """Delete the recordings and traces of a party that this node has, for another one, which erases the rows then."""
        report = ErasureReport()
        async with self._erasing:
            async for found in self.find(identity.customer_id, party, asked_by_node=True):
                await self._delete_files(identity, _ended(found), rooms, report)
        return report

    async def _delete_files(
        self, identity: Identity, found: Found, rooms: RoomRecordings, report: ErasureReport
    ) -> None:
        await self._delete_recordings(identity.customer_id, found, rooms, report)
        report.traces += await self._delete_traces(identity, found.call_ids)

    async def _stems(
        self, customer_id: CustomerId, calls: Sequence[Call], recordings: Sequence[Recording]
    ) -> dict[UUID, list[str]]:
        """Return the tracks of calls in recordings of rooms, as the journals name them."""
        names = {str(each.id) for each in calls}
        found: dict[UUID, list[str]] = {}
        for recording in recordings:
            if recording.reference_type == "call" or not recording.stems:
                continue
            try:
                entries = (await self._library.timeline(customer_id, recording.id))["entries"]
            except (Conflict, NotFound):  # not complete yet, or made by a version without journals
                continue
            ports = {f"port-{entry['port']}" for entry in _entries(entries) if entry.get("call_id") in names}
            found[recording.id] = [each["track"] for each in recording.files if each["track"] in ports]
        return found

    async def _delete_recordings(
        self, customer_id: CustomerId, found: Found, rooms: RoomRecordings, report: ErasureReport
    ) -> None:
        for recording in found.recordings:
            is_ended = recording.status is RecordingStatus.ENDED
            if is_ended and (rooms != "keep" or recording.reference_type == "call"):
                await self._check_files(recording)
            if is_ended and (recording.reference_type == "call" or rooms == "delete"):
                await self._library.delete(customer_id, recording.id)
                report.recordings += 1
                continue
            tracks = found.stems.get(recording.id, ()) if is_ended and rooms == "stems" else ()
            for track in tracks:
                await self._library.delete_track(customer_id, recording.id, track)
                report.stems += 1
            report.kept([recording])

    async def _check_files(self, recording: Recording) -> None:
        if not (self._store.fence.alone or await self._library.has_files(recording.id)):
            raise RecordingUnavailable(
                f"recording {recording.id} is on the disk of a node that does not run: start it, and repeat the request"
            )

    async def _delete_traces(self, identity: Identity, call_ids: Collection[UUID]) -> int:
        traces = self._traces.list(identity.customer_id, Page(_TRACES, self._clock.now()))
        named = [each.id for each in traces if not set(call_ids).isdisjoint(each.call_ids)]
        for id_ in named:
            await self._traces.delete(identity, TraceId(id_))
        return len(named)


async def _erase_rows(
    tx: Transaction, found: Found, party: str, now: datetime, report: ErasureReport
) -> None:
    """Erase the rows of calls that have ended, and of all that refers to them."""
    rows, call_ids, seat_ids = tx.privacy, found.call_ids, found.seat_ids
    messages = [each.id for each in await rows.messages_of(seat_ids)]
    transcripts = [each.id for each in await rows.transcripts_of(call_ids)]
    flows = [each.activeflow_id for each in found.calls]
    groups = {each.groupcall_id for each in found.calls} - {NIL}
    rooms = {each.conference_id for each in found.seats}
    report.events += await rows.erase_events(flows, rooms, [*call_ids, *seat_ids, *messages, *transcripts])
    report.transcripts += await rows.delete_transcripts(call_ids)
    report.messages += await rows.erase_messages(messages, now)
    report.participants += await rows.erase_seats(seat_ids)
    report.activeflows += await rows.erase_activeflows(flows)
    report.groupcalls += await rows.erase_groupcalls(groups, party, now)
    report.calls += await rows.erase_calls(found.calls, now)


def _key(party: str) -> str:
    key = party_key(party)
    if not key:
        raise InvalidArgument("party must be a number, or a SIP address such as ann@example.com")
    return key


def _ended(found: Found) -> Found:
    """Return what belongs to calls that have ended."""
    calls = [each for each in found.calls if each.status is CallStatus.HANGUP]
    ids = {each.id for each in calls}
    seats = [each for each in found.seats if each.reference_id in ids]
    return replace(
        found,
        calls=calls,
        seats=seats,
        recordings=_of_ended(found.recordings, ids, seats),
        elsewhere=_of_ended(found.elsewhere, ids, seats),
    )


def _of_ended(
    recordings: Iterable[Recording], call_ids: Collection[UUID], seats: Sequence[Conferencecall]
) -> list[Recording]:
    return [
        each
        for each in recordings
        if (each.reference_id in call_ids if each.reference_type == "call" else _was_there(seats, each))
    ]


def _was_there(seats: Iterable[Conferencecall], recording: Recording) -> bool:
    """Return whether one of the participants was in the room while it was recorded."""
    begin, end = recording.tm_start or recording.tm_create, recording.tm_end
    return any(
        each.conference_id == recording.reference_id
        and each.tm_join is not None
        and (end is None or each.tm_join <= end)
        and (each.tm_update or each.tm_join) >= begin
        for each in seats
    )


def _entries(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [line.get("entry", line) for line in lines]
