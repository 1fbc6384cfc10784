"""30: the events of one join and leave come in order, and one conference_deleted a room."""

from mixminus.conference.states import ConferencecallStatus, ConferenceStatus
from tests.support.front import Front
from tests.support.webhook_receiver import WebhookReceiver

LIFE = [
    "conference_created",
    "conference_updated",
    "conferencecall_joining",
    "conferencecall_joined",
    "conference_updated",
    "conferencecall_leaved",
    "conference_updated",
    "conference_updated",
    "conference_deleted",
]


async def test_one_join_one_leave_one_end(front: Front, receiver: WebhookReceiver) -> None:
    await front.webhook(receiver.uri)
    room = await front.house.room()
    (leg,) = await front.house.join(room)
    (id_,) = await front.house.joined(room)
    leg.bye()
    await front.house.participant(id_, ConferencecallStatus.LEAVED)
    await front.send("DELETE", f"/v1.0/conferences/{room.id}")
    await front.send("DELETE", f"/v1.0/conferences/{room.id}")
    await front.house.conference(room.id, ConferenceStatus.TERMINATED)
    events = await front.events(f"&conference_id={room.id}")
    assert [event["type"] for event in events] == LIFE
    assert [event["number"] for event in events] == list(range(1, len(LIFE) + 1))
    # The webhook tells them in the same order, with those of the call and of its flow between them.
    everything = await front.events()
    got = await receiver.got(len(everything))
    assert [each.type for each in got] == [event["type"] for event in everything]
    assert [kind for kind in receiver.types if not kind.startswith(("call_", "activeflow_"))] == LIFE


async def test_a_kick_is_told_before_the_leaving(front: Front) -> None:
    room = await front.house.room()
    await front.house.join(room)
    (id_,) = await front.house.joined(room)
    await front.send("DELETE", f"/v1.0/conferencecalls/{id_}")
    await front.house.participant(id_, ConferencecallStatus.LEAVED)
    types = [event["type"] for event in await front.events(f"&conference_id={room.id}")]
    assert types[2:] == [
        "conferencecall_joining",
        "conferencecall_joined",
        "conference_updated",
        "conferencecall_leaving",
        "conferencecall_leaved",
        "conference_updated",
    ]
