"""An event is the same by webhook, WebSocket and REST, with the same number."""

from pathlib import Path

import orjson

from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from tests.support.front import next_frame, open_front, subscribe
from tests.support.webhook_receiver import open_receiver


async def test_an_event_is_the_same_by_webhook_websocket_and_rest(tmp_path: Path) -> None:
    async with open_receiver() as receiver, open_front(tmp_path) as front:
        await front.webhook(receiver.uri)
        everything = f"customer_id:{front.backend.customer_id}:*"
        async with front.listen("&numbered=1") as numbered, front.listen() as plain:
            for ws in (numbered, plain):
                await subscribe(ws, everything)
            rooms = [await front.backend.room() for _ in range(2)]
            for room in rooms:
                await front.backend.join(room, 2)
            (id_, _) = await front.backend.joined(rooms[0])
            await front.send("DELETE", f"/v1.0/conferencecalls/{id_}")
            await front.backend.participant(id_, ConferencecallStatus.LEAVED)
            for room in rooms:
                await front.send("DELETE", f"/v1.0/conferences/{room.id}")
                await front.backend.conference(room.id, ConferenceStatus.TERMINATED)
            by_rest = await front.events()
            by_socket = [await next_frame(numbered) for _ in by_rest]
            by_plain_socket = [await next_frame(plain) for _ in by_rest]
            by_webhook = (await receiver.got(len(by_rest)))[: len(by_rest)]
    assert len(by_rest) > 30
    assert by_socket == by_rest
    bodies = [{"type": event["type"], "data": event["data"]} for event in by_rest]
    assert by_plain_socket == bodies
    assert [orjson.loads(each.body) for each in by_webhook] == bodies
    assert [
        (int(each.headers["X-MixMinus-Event-Id"]), int(each.headers["X-MixMinus-Event-Number"]))
        for each in by_webhook
    ] == [(event["id"], event["number"]) for event in by_rest]
