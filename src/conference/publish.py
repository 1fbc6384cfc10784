"""Events of conferences and participants, written into the transaction that makes them true."""

from datetime import datetime

from mixminus.conference.errors import ConferenceNotFound
from mixminus.model.conference import Conference, Conferencecall
from mixminus.model.ids import ConferenceId
from mixminus.store.database import Transaction
from mixminus.wire.conference import ConferencecallView, ConferenceView

__all__ = ["publish_change", "publish_conference", "publish_conferencecall"]


async def publish_conference(tx: Transaction, type_: str, conference: Conference) -> None:
    """Append an event about the conference to its own stream."""
    await tx.outbox.add(
        conference.id,
        type_,
        customer_id=conference.customer_id,
        data=ConferenceView.render(conference, tx.timestamp_style),
        tm=conference.tm_update or conference.tm_create,
    )


async def publish_conferencecall(
    tx: Transaction, participant: Conferencecall, type_: str | None = None
) -> None:
    """Append what the participant is now to its conference's stream; its status names the event, unless told."""
    await tx.outbox.add(
        participant.conference_id,
        type_ or f"conferencecall_{participant.status}",
        customer_id=participant.customer_id,
        data=ConferencecallView.render(participant, tx.timestamp_style),
        tm=participant.tm_update or participant.tm_create,
    )


async def publish_change(tx: Transaction, conference_id: ConferenceId, now: datetime) -> Conference:
    """Tell that who is in the conference, or what records it, has changed; return it as it is now."""
    conference = await tx.conferences.hold(conference_id)
    if conference is None:
        raise ConferenceNotFound(f"no conference {conference_id}")
    conference = conference.changed(now)
    await tx.conferences.save(conference)
    await publish_conference(tx, "conference_updated", conference)
    return conference
