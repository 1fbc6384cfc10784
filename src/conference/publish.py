"""Events of conferences and participants, written into the transaction that makes them true."""

from mixminus.conference.model import Conference, Conferencecall
from mixminus.conference.render import render_conference, render_conferencecall
from mixminus.store.database import Transaction

__all__ = ["publish_conference", "publish_conferencecall"]


async def publish_conference(tx: Transaction, type_: str, conference: Conference) -> None:
    """Append an event about the conference to its own stream."""
    await tx.outbox.add(
        conference.id,
        type_,
        customer_id=conference.customer_id,
        data=render_conference(conference, tx.timestamp_style),
        tm=conference.tm_update or conference.tm_create,
    )


async def publish_conferencecall(tx: Transaction, participant: Conferencecall) -> None:
    """Append the participant's state to its conference's stream."""
    await tx.outbox.add(
        participant.conference_id,
        f"conferencecall_{participant.status}",
        customer_id=participant.customer_id,
        data=render_conferencecall(participant, tx.timestamp_style),
        tm=participant.tm_update or participant.tm_create,
    )
