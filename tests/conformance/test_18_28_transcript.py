"""28: tm_transcript is an offset from the zero date; transcript_created is sent by webhook and by WebSocket."""

import re
from datetime import datetime, timedelta

from tests.support.front import Front, next_frame, subscribe
from tests.support.talk import heard, speak, whistle
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver

OFFSET = re.compile(r"0001-01-01 \d\d:\d\d:\d\d\.\d{6}")


async def test_18_28_transcript_is_sent_by_webhook_and_websocket(
    front: Front, receiver: WebhookReceiver
) -> None:
    backend = front.backend
    await front.webhook(receiver.uri)
    room = await backend.room()
    (alice,) = await backend.join(room)
    started = await front.send("POST", f"/v1.0/conferences/{room.id}/transcribe_start", {"language": "en-US"})
    async with front.listen() as ws:
        await subscribe(ws, f"customer_id:{backend.customer_id}:transcript")
        backend.tick(100)
        speak(backend, {alice: whistle(440, 1.0)})
        await heard(backend, started["transcribe_id"], 1)
        frame = await next_frame(ws)
    assert frame["type"] == "transcript_created"
    page = await front.send("GET", f"/v1.0/transcripts?transcribe_id={started['transcribe_id']}")
    assert page["result"] == [frame["data"]]
    offset = frame["data"]["tm_transcript"]
    assert OFFSET.fullmatch(offset)
    since_zero = datetime.fromisoformat(offset) - datetime(1, 1, 1)
    assert timedelta(seconds=1.6) < since_zero < timedelta(seconds=2.1)

    await until(lambda: "transcript_created" in receiver.types)
    assert [each.json for each in receiver.received if each.type == "transcript_created"] == [frame]
