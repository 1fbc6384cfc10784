"""A person is erased everywhere, and no other; an export has all of it before, and nothing after."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import pytest

from mixminus.call.leg import Address
from mixminus.errors import InvalidArgument
from mixminus.model.access import Identity
from mixminus.model.call import CallStatus
from mixminus.model.conference import Conference
from mixminus.model.ids import (
    NIL,
    ConferencecallId,
    CustomerId,
    RecordingId,
    TranscribeId,
    TranscriptId,
    new_id,
)
from mixminus.model.party import party_key
from mixminus.model.permissions import Permission
from mixminus.model.recording import RecordingOptions
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from mixminus.model.usage import UsageSpan
from tests.recording.steps import folder, start, stop, talk
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until

ANN, BOB = "+1 (555) 010-0001", "bob@Example.com"
ANN_SAID, BOB_SAID = "my number is secret", "nothing of mine is"
_ALL = UsageSpan()
NO_ONE = ConferencecallId(NIL)
STEMS = RecordingOptions(stems=True)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("+1 (555) 010-0001", "15550100001", id="a number with separators"),
        pytest.param("tel:15550100001", "15550100001", id="a tel URI"),
        pytest.param("sip:Bob@Example.com;transport=tcp", "bob@example.com", id="a SIP URI"),
        pytest.param("+1-555@host", "1555@host", id="a number at a host"),
        pytest.param("1001", "1001", id="an extension"),
        pytest.param(" ", "", id="nothing"),
    ],
)
def test_numbers_and_addresses_have_one_form(text: str, key: str) -> None:
    assert party_key(text) == key


@dataclass
class Talk:
    """A recorded room in which Ann and Bob have talked and written."""

    backend: Backend
    room: Conference
    recording_id: UUID
    ann: UUID
    bob: UUID
    """Their calls."""

    @property
    def operator(self) -> Identity:
        return Identity(self.backend.customer_id, Permission.CUSTOMER_ADMIN)

    async def export(self, party: str) -> dict[str, list[Any]]:
        """Return what there is of a party, by kind."""
        privacy = self.backend.services.privacy
        found: dict[str, list[Any]] = {"calls": [], "seats": [], "texts": [], "messages": [], "stems": []}
        async for part in privacy.find(self.backend.customer_id, party):
            transcripts, messages = await privacy.said(part)
            found["calls"] += part.calls
            found["seats"] += part.seats
            found["texts"] += [each.message for each in transcripts]
            found["messages"] += [each.text for each in messages]
            found["stems"] += [track for tracks in part.stems.values() for track in tracks]
        return found


async def enter(backend: Backend, room: Conference, source: Address) -> PcmLeg:
    before = len(await backend.joined(room))
    leg = PcmLeg(backend.engine.open_pcm_port(16000))
    await backend.calls.incoming(leg, source=source, destination=Address("sip", str(room.id)))

    async def joined() -> bool:
        return len(await backend.joined(room)) == before + 1

    await until(joined)
    return leg


@pytest.fixture
async def spoken(backend: Backend) -> Talk:
    room = await backend.room(name="weekly")
    ann = await enter(backend, room, Address("tel", "+15550100001", "Ann Smith"))
    bob = await enter(backend, room, Address("sip", "bob@example.com", "Bob"))
    recording_id = await start(backend, room, STEMS)
    talk(backend, {ann: 440.0, bob: 660.0}, 60)
    await backend.written(recording_id, 1.0)
    seats = [ConferencecallId(each) for each in await backend.joined(room)]
    chat = backend.services.chat
    for seat, text in zip(seats, (ANN_SAID, BOB_SAID), strict=True):
        await chat.send(backend.customer_id, room.id, text, sender_id=seat, recipient_id=NO_ONE)
    await chat.send(backend.customer_id, room.id, "for Ann alone", sender_id=NO_ONE, recipient_id=seats[0])
    calls = [(await backend.call_of(each)).id for each in seats]
    await transcribed(backend, room, [*zip(seats, calls, (ANN_SAID, BOB_SAID), strict=True)])
    await stop(backend, room, recording_id)
    for leg in (ann, bob):
        leg.bye()
    await until(lambda: not backend.services.live_calls)
    return Talk(backend, room, recording_id, *calls)


async def transcribed(backend: Backend, room: Conference, said: list[tuple[UUID, UUID, str]]) -> None:
    now = backend.clock.now()
    id_ = TranscribeId(new_id())
    async with backend.store.transaction() as tx:
        await tx.transcribes.add(
            Transcribe(
                id=id_,
                customer_id=backend.customer_id,
                reference_type="confbridge",
                reference_id=room.id,
                status=TranscribeStatus.DONE,
                language="en-US",
                direction="both",
                provider="",
                on_end_flow_id=NIL,
                tm_create=now,
            )
        )
        for seat, call, text in said:
            await tx.transcripts.add(
                Transcript(
                    TranscriptId(new_id()),
                    backend.customer_id,
                    id_,
                    "in",
                    text,
                    seat,
                    call,
                    "",
                    0,
                    1,
                    1.0,
                    now,
                )
            )


async def test_an_export_has_everything_of_one_person(spoken: Talk) -> None:
    found = await spoken.export(ANN)
    assert [call.id for call in found["calls"]] == [spoken.ann]
    assert [seat.reference_id for seat in found["seats"]] == [spoken.ann]
    assert found["texts"] == [ANN_SAID]
    assert found["messages"] == [ANN_SAID, "for Ann alone"]
    assert len(found["stems"]) == 1
    assert (await spoken.export(BOB))["messages"] == [BOB_SAID]
    assert (await spoken.export("+15550109999"))["calls"] == []
    with pytest.raises(InvalidArgument):
        await spoken.export("sip:")


async def test_a_person_is_erased_everywhere_and_others_are_not(spoken: Talk) -> None:
    backend = spoken.backend
    bob = await spoken.export(BOB)
    usage = await backend.services.usage.reports.page(backend.customer_id, _ALL, "day_room", "", 10)
    stems = {path.name for path in folder(backend, spoken.recording_id).iterdir()}
    report = await backend.services.privacy.erase(spoken.operator, ANN, "stems")
    assert (report.calls, report.participants, report.transcripts, report.messages) == (1, 1, 1, 2)
    assert (report.stems, report.recordings, report.calls_in_progress) == (1, 0, 0)
    assert report.recordings_kept == [str(spoken.recording_id)]
    assert report.events > 5
    left = {path.name for path in folder(backend, spoken.recording_id).iterdir()}
    assert len(stems - left) == 1 and (stems - left).pop().startswith("port-")
    assert await everything(backend) & {"+15550100001", "Ann Smith", ANN_SAID, "for Ann alone"} == set()
    after = await spoken.export(BOB)
    assert (after["texts"], after["messages"], after["stems"]) == (
        bob["texts"],
        bob["messages"],
        bob["stems"],
    )
    assert [call.source for call in after["calls"]] == [call.source for call in bob["calls"]]
    assert {BOB_SAID, "bob@example.com"} <= await everything(backend)
    again = await backend.services.privacy.erase(spoken.operator, ANN, "stems")
    assert (again.calls, again.events, again.stems) == (0, 0, 0)
    same = await backend.services.usage.reports.page(backend.customer_id, _ALL, "day_room", "", 10)
    assert same == usage, "what was used stays"


async def test_recordings_of_rooms_are_deleted_if_that_is_asked_for(spoken: Talk) -> None:
    report = await spoken.backend.services.privacy.erase(spoken.operator, ANN, "delete")
    assert (report.recordings, report.stems, report.recordings_kept) == (1, 0, [])
    assert not folder(spoken.backend, spoken.recording_id).exists()
    recordings = spoken.backend.recordings
    found = await recordings.get(spoken.backend.customer_id, RecordingId(spoken.recording_id))
    assert found.tm_delete is not None


async def test_a_call_that_goes_on_is_left_and_counted(backend: Backend) -> None:
    room = await backend.room()
    await enter(backend, room, Address("tel", "+15550100001"))
    operator = Identity(backend.customer_id, Permission.CUSTOMER_ADMIN)
    report = await backend.services.privacy.erase(operator, ANN, "stems")
    assert (report.calls, report.calls_in_progress) == (0, 1)
    (id_,) = await backend.joined(room)
    call = await backend.call_of(id_)
    assert (call.status, call.source.target) == (CallStatus.PROGRESSING, "+15550100001")


async def test_another_customer_is_not_touched(spoken: Talk) -> None:
    other = Identity(CustomerId(new_id()), Permission.CUSTOMER_ADMIN)
    report = await spoken.backend.services.privacy.erase(other, ANN, "delete")
    assert report.calls == 0
    assert (await spoken.export(ANN))["texts"] == [ANN_SAID]


async def everything(backend: Backend) -> set[str]:
    """Return which names are in the rows of calls, participants, transcripts and messages, and in the events."""
    async with backend.store.snapshot() as tx:
        calls = [
            *(await tx.calls.page(backend.customer_id, EVERYTHING)),
            *(await tx.privacy.calls_of(backend.customer_id, "", limit=1000)),
            *(await tx.privacy.calls_of(backend.customer_id, "bob@example.com", limit=1000)),
        ]
        transcripts = [
            *(await tx.transcripts.search(backend.customer_id, ["number"], EVERYTHING)),
            *(await tx.transcripts.search(backend.customer_id, ["nothing"], EVERYTHING)),
        ]
        seats = await tx.privacy.seats_of([call.id for call in calls])
        messages = await tx.privacy.messages_of([each.id for each in seats])
        events = [each.data for each in await tx.outbox.tail(0, 10_000)]
    text = orjson.dumps([calls, transcripts, seats, messages, events], default=str).decode()
    return {each for each in _NAMES if each in text}


_NAMES = {"+15550100001", "Ann Smith", ANN_SAID, "for Ann alone", BOB_SAID, "bob@example.com"}
