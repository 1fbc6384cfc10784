"""Rows and events of conferences and participants, written within the transaction that decides a change."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, Literal

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

__all__ = [
    "CONFERENCECALLS",
    "CONFERENCES",
    "advance",
    "departure",
    "publish_flag",
    "set_flag",
    "stepped",
    "touch_conference",
    "touched",
]

Flag = Literal["talking", "on_hold", "waiting", "hand_raised"]
_FLAGS: Final[dict[Flag, tuple[str, str]]] = {
    "talking": ("participant_talking_started", "participant_talking_ended"),
    "on_hold": ("participant_hold_started", "participant_hold_ended"),
    "waiting": ("participant_waiting_started", "participant_waiting_ended"),
    "hand_raised": ("participant_hand_raised", "participant_hand_lowered"),
}
"""Fields of a participant that end with its leaving, and the events of their beginning and end."""
_WAITING: Final[tuple[Flag, ...]] = ("waiting",)

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


async def touched(tx: Transaction, clock: Clock, known: Conference, present: Iterable[str]) -> Conference:
    """Write and publish that a room's participants have changed; return the conference.

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
    CONFERENCES.publish(tx, conference, "conference_updated", conferencecall_ids=list(present))
    return conference


async def advance(
    tx: Transaction, clock: Clock, participant: Conferencecall, *events: ConferencecallEvent
) -> Conferencecall:
    """Change a participant's status, and publish each change.

    One that leaves while talking or on hold ends that first.
    """
    participant = stepped(tx, clock, participant, *events)
    await tx.conferencecalls.save(participant)
    return participant


def stepped(
    tx: Transaction, clock: Clock, participant: Conferencecall, *events: ConferencecallEvent
) -> Conferencecall:
    """Return a participant in its next status, which is to be written, and publish each change."""
    for event in events:
        for flag in _FLAGS if event is not ConferencecallEvent.AUDIO_CONNECTED else _WAITING:
            if getattr(participant, flag):
                participant = _flagged(tx, clock, participant, flag, on=False)
        status = step(CONFERENCECALL_TRANSITIONS, participant.status, event)
        now = clock.now()
        tm_join = now if status is ConferencecallStatus.JOINED else participant.tm_join
        participant = replace(participant, status=status, tm_join=tm_join, tm_update=now)
        CONFERENCECALLS.publish(tx, participant, f"conferencecall_{status}")
    return participant


def departure(participant: Conferencecall) -> tuple[ConferencecallEvent, ...]:
    """Return how a participant gets leaved; one that has joined is leaving before, as the published diagram says."""
    left = (ConferencecallEvent.LEFT,)
    joined = participant.status is ConferencecallStatus.JOINED
    return (ConferencecallEvent.HUNG_UP, *left) if joined else left


async def set_flag(
    tx: Transaction, clock: Clock, participant: Conferencecall, flag: Flag, *, on: bool
) -> Conferencecall:
    """Write a flag of a participant, and publish it; no event if that is known already."""
    if getattr(participant, flag) is on:
        return participant
    participant = _flagged(tx, clock, participant, flag, on=on)
    await tx.conferencecalls.save(participant)
    return participant


def publish_flag(tx: Transaction, participant: Conferencecall, flag: Flag) -> None:
    """Publish that a flag of a participant has changed to what its row has."""
    begun, ended = _FLAGS[flag]
    CONFERENCECALLS.publish(tx, participant, begun if getattr(participant, flag) else ended)


def _flagged(
    tx: Transaction, clock: Clock, participant: Conferencecall, flag: Flag, *, on: bool
) -> Conferencecall:
    changes: dict[str, Any] = {flag: on, "tm_update": clock.now()}
    participant = replace(participant, **changes)
    publish_flag(tx, participant, flag)
    return participant
