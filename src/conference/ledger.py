"""Rows and events of conferences and participants, written within the transaction that decides a change."""

from dataclasses import replace
from typing import Final

from mixminus.clock import Clock
from mixminus.conference.errors import ConferencecallNotFound, ConferenceNotFound
from mixminus.machine import step
from mixminus.model.conference import (
    CONFERENCECALL_TRANSITIONS,
    Conference,
    Conferencecall,
    ConferencecallEvent,
    ConferencecallStatus,
)
from mixminus.model.ids import ConferenceId
from mixminus.store.database import Transaction
from mixminus.store.published import PublishedRows
from mixminus.wire.conference import ConferencecallView, ConferenceView

__all__ = ["CONFERENCECALLS", "CONFERENCES", "advance", "depart", "set_talking", "touch_conference"]

CONFERENCES: Final = PublishedRows(
    lambda tx: tx.conferences,
    ConferenceView.render,
    lambda conference_id: ConferenceNotFound(f"no conference {conference_id}"),
    stream_id=lambda conference: conference.id,
)
CONFERENCECALLS: Final = PublishedRows(
    lambda tx: tx.conferencecalls,
    ConferencecallView.render,
    lambda conferencecall_id: ConferencecallNotFound(f"no conferencecall {conferencecall_id}"),
    stream_id=lambda participant: participant.conference_id,
)


async def touch_conference(tx: Transaction, clock: Clock, conference_id: ConferenceId) -> Conference:
    """Publish that a conference's participants, recordings or transcribes have changed.

    Return the conference, which is unchanged.
    """
    conference = await CONFERENCES.find_for_update(tx, conference_id)
    conference = conference.changed(clock.now())
    await CONFERENCES.save(tx, conference, "conference_updated")
    return conference


async def advance(
    tx: Transaction, clock: Clock, participant: Conferencecall, event: ConferencecallEvent
) -> Conferencecall:
    """Change a participant's status; one that leaves while talking stops talking first."""
    if event is not ConferencecallEvent.AUDIO_CONNECTED:
        participant = await set_talking(tx, clock, participant, talking=False)
    status = step(CONFERENCECALL_TRANSITIONS, participant.status, event)
    now = clock.now()
    tm_join = now if status is ConferencecallStatus.JOINED else participant.tm_join
    participant = replace(participant, status=status, tm_join=tm_join, tm_update=now)
    await CONFERENCECALLS.save(tx, participant, f"conferencecall_{status}")
    return participant


async def depart(tx: Transaction, clock: Clock, participant: Conferencecall) -> None:
    """Write that a participant is leaved; one that has joined is leaving before, as the published diagram says."""
    if participant.status is ConferencecallStatus.JOINED:
        participant = await advance(tx, clock, participant, ConferencecallEvent.HUNG_UP)
    await advance(tx, clock, participant, ConferencecallEvent.LEFT)


async def set_talking(
    tx: Transaction, clock: Clock, participant: Conferencecall, *, talking: bool
) -> Conferencecall:
    """Write whether a participant is talking; no event if that is known already."""
    if participant.talking is talking:
        return participant
    participant = replace(participant, talking=talking, tm_update=clock.now())
    event_type = "participant_talking_started" if talking else "participant_talking_ended"
    await CONFERENCECALLS.save(tx, participant, event_type)
    return participant
