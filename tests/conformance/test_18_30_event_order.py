"""30: the events of joining and leaving come in order, with one conference_deleted per conference."""

from typing import Any

from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from tests.support.front import Front
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver

LIFE = [
    "conference_created",
    "conference_updated",
    "conferencecall_joining",
    "conferencecall_joined",
    "conference_updated",
    "conferencecall_leaving",
    "conferencecall_leaved",
    "conference_updated",
    "conference_updated",
    "conference_deleted",
]


async def test_events_of_join_leave_and_end_come_in_order(front: Front, receiver: WebhookReceiver) -> None:
    await front.webhook(receiver.uri)
    room = await front.backend.room()
    (leg,) = await front.backend.join(room)
    (id_,) = await front.backend.joined(room)
    leg.bye()
    await front.backend.participant(id_, ConferencecallStatus.LEAVED)
    await front.send("DELETE", f"/v1.0/conferences/{room.id}")
    await front.send("DELETE", f"/v1.0/conferences/{room.id}")
    await front.backend.conference(room.id, ConferenceStatus.TERMINATED)
    events = await front.events(f"&conference_id={room.id}")
    assert [event["type"] for event in events] == LIFE
    assert [event["number"] for event in events] == list(range(1, len(LIFE) + 1))
    # The webhook sends them in the same order, mixed with those of the call, its record and its flow.
    everything = await front.events()
    got = await receiver.got(len(everything))
    assert [each.type for each in got] == [event["type"] for event in everything]
    assert [kind for kind in receiver.types if not kind.startswith(("call_", "cdr_", "activeflow_"))] == LIFE


async def test_event_of_a_kick_comes_before_the_leaving(front: Front) -> None:
    room = await front.backend.room()
    await front.backend.join(room)
    (id_,) = await front.backend.joined(room)
    await front.send("DELETE", f"/v1.0/conferencecalls/{id_}")
    await front.backend.participant(id_, ConferencecallStatus.LEAVED)
    types = [event["type"] for event in await front.events(f"&conference_id={room.id}")]
    assert types[2:] == [
        "conferencecall_joining",
        "conferencecall_joined",
        "conference_updated",
        "conferencecall_leaving",
        "conferencecall_leaved",
        "conference_updated",
    ]


async def test_call_updated_comes_after_the_leaving(front: Front) -> None:
    room = await front.backend.room(post_actions=[{"type": "sleep", "option": {"duration": 3_600_000}}])
    await front.backend.join(room)
    (id_,) = await front.backend.joined(room)
    await front.send("DELETE", f"/v1.0/conferencecalls/{id_}")
    call_id = (await front.send("GET", f"/v1.0/conferencecalls/{id_}"))["reference_id"]

    async def published() -> dict[str, Any] | None:
        events = [each for each in await front.events() if not each["type"].startswith("activeflow_")]
        assert "call_hangup" not in [each["type"] for each in events]
        return events[-1] if events[-1]["type"] == "call_updated" else None

    data = (await until(published))["data"]
    assert (data["id"], data["status"]) == (call_id, "progressing")
    types = [each["type"] for each in await front.events()]
    behind = types[types.index("conferencecall_leaving") :]
    assert [type_ for type_ in behind if not type_.startswith("activeflow_")] == [
        "conferencecall_leaving",
        "conferencecall_leaved",
        "conference_updated",
        "call_updated",
    ]


async def test_call_that_hangs_up_in_the_room_has_no_call_updated(front: Front) -> None:
    room = await front.backend.room()
    (leg,) = await front.backend.join(room)
    await front.backend.joined(room)
    leg.bye()

    async def over() -> bool:
        return "call_hangup" in [each["type"] for each in await front.events()]

    await until(over)
    assert "call_updated" not in [each["type"] for each in await front.events()]
