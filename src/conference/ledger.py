"""Rows and events of conferences and participants, written within the transaction that decides a change."""

from collections.abc import Iterable
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
from mixminus.store.outbox import Draft
from mixminus.store.published import PublishedRows
from mixminus.wire.conference import ConferencecallView, ConferenceView

__all__ = [
    "CONFERENCECALLS",
    "CONFERENCES",
    "advance",
    "advanced",
    "departure",
    "set_on_hold",
    "set_talking",
    "touch_conference",
    "touched",
]

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


async def touched(
    tx: Transaction, clock: Clock, known: Conference, present: Iterable[str]
) -> tuple[Conference, Draft]:
    """Write that a room's participants have changed; return the conference, and the event to add.

    ``known`` is the row as the room has last written it; it is read only if it has changed since.
    ``present`` are the ids of the participants, in the order of their joining.
    """
    conference = known.changed(clock.now())
    if not await tx.conferences.touch(known, conference):
        known = await CONFERENCES.find_for_update(tx, known.id)
        conference = known.changed(clock.now())
        await tx.conferences.save(conference)
    # Their texts are in the room already: rendering all of them for each event would cost more with every participant.
    conference = replace(conference, conferencecall_ids=())
    draft = CONFERENCES.draft(tx, conference, "conference_updated")
    draft.data["conferencecall_ids"] = list(present)
    return conference, draft


async def advance(
    tx: Transaction, clock: Clock, participant: Conferencecall, *events: ConferencecallEvent
) -> Conferencecall:
    """Change a participant's status, and publish each change."""
    participant, drafts = await advanced(tx, clock, participant, *events)
    await tx.outbox.add_all(drafts)
    return participant


async def advanced(
    tx: Transaction, clock: Clock, participant: Conferencecall, *events: ConferencecallEvent
) -> tuple[Conferencecall, list[Draft]]:
    """Write a participant's last status; return it, and the events about each change, which are to be added.

    One that leaves while talking or on hold ends that first.
    """
    drafts = []
    for event in events:
        if event is not ConferencecallEvent.AUDIO_CONNECTED and participant.talking:
            participant, draft = _talking(tx, clock, participant, talking=False)
            drafts.append(draft)
        if event is not ConferencecallEvent.AUDIO_CONNECTED and participant.on_hold:
            participant, draft = _on_hold(tx, clock, participant, on_hold=False)
            drafts.append(draft)
        status = step(CONFERENCECALL_TRANSITIONS, participant.status, event)
        now = clock.now()
        tm_join = now if status is ConferencecallStatus.JOINED else participant.tm_join
        participant = replace(participant, status=status, tm_join=tm_join, tm_update=now)
        drafts.append(CONFERENCECALLS.draft(tx, participant, f"conferencecall_{status}"))
    await tx.conferencecalls.save(participant)
    return participant, drafts


def departure(participant: Conferencecall) -> tuple[ConferencecallEvent, ...]:
    """Return how a participant gets leaved; one that has joined is leaving before, as the published diagram says."""
    left = (ConferencecallEvent.LEFT,)
    joined = participant.status is ConferencecallStatus.JOINED
    return (ConferencecallEvent.HUNG_UP, *left) if joined else left


async def set_talking(
    tx: Transaction, clock: Clock, participant: Conferencecall, *, talking: bool
) -> Conferencecall:
    """Write whether a participant is talking; no event if that is known already."""
    if participant.talking is talking:
        return participant
    participant, draft = _talking(tx, clock, participant, talking=talking)
    await tx.conferencecalls.save(participant)
    await tx.outbox.add_all([draft])
    return participant


def _talking(
    tx: Transaction, clock: Clock, participant: Conferencecall, *, talking: bool
) -> tuple[Conferencecall, Draft]:
    participant = replace(participant, talking=talking, tm_update=clock.now())
    event_type = "participant_talking_started" if talking else "participant_talking_ended"
    return participant, CONFERENCECALLS.draft(tx, participant, event_type)


async def set_on_hold(
    tx: Transaction, clock: Clock, participant: Conferencecall, *, on_hold: bool
) -> Conferencecall:
    """Write whether a participant's phone has put the call on hold; no event if that is known already."""
    if participant.on_hold is on_hold:
        return participant
    participant, draft = _on_hold(tx, clock, participant, on_hold=on_hold)
    await tx.conferencecalls.save(participant)
    await tx.outbox.add_all([draft])
    return participant


def _on_hold(
    tx: Transaction, clock: Clock, participant: Conferencecall, *, on_hold: bool
) -> tuple[Conferencecall, Draft]:
    participant = replace(participant, on_hold=on_hold, tm_update=clock.now())
    event_type = "participant_hold_started" if on_hold else "participant_hold_ended"
    return participant, CONFERENCECALLS.draft(tx, participant, event_type)
