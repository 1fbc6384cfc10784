"""Chat messages in a room: kept, published, erased, and exported with its transcripts."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from mixminus.model.conference import Conference
from mixminus.model.ids import NIL, TranscribeId, TranscriptId
from mixminus.model.transcription import Transcribe, TranscribeStatus, Transcript
from tests.support.site import Site, site

__all__ = ["site"]


async def send(site: Site, room: Conference, text: str, **fields: Any) -> tuple[int, Any]:
    return await site.api.post(f"/v1.0/conferences/{room.id}/messages", {"text": text, **fields})


async def listed(site: Site, room: Conference) -> list[dict[str, Any]]:
    _, page = await site.api.get(f"/v1.0/conferences/{room.id}/messages")
    found: list[dict[str, Any]] = page["result"]
    return found


async def test_messages_are_kept_and_published_in_order_also_after_the_room(site: Site) -> None:
    room = await site.backend.room()
    await site.backend.join(room, 2)
    first, second = map(str, await site.backend.joined(room))
    await site.api.send("PATCH", f"/v1.0/conferencecalls/{first}", json={"label": "Ann"})
    status, sent = await send(site, room, "Hello", sender_id=first)
    assert (status, sent["sender_name"], sent["recipient_id"]) == (200, "Ann", str(NIL))
    status, private = await send(site, room, "Only you", sender_name="Host", recipient_id=second)
    assert (status, private["sender_id"], private["recipient_id"]) == (200, str(NIL), second)
    assert [each["text"] for each in await listed(site, room)] == ["Only you", "Hello"]
    events = [each for each in await site.backend.events(room.id) if each.type.startswith("chatmessage")]
    assert [(each.type, each.data) for each in events] == [
        ("chatmessage_created", sent),
        ("chatmessage_created", private),
    ]
    await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
    await site.becomes(str(room.id), "terminated")
    assert len(await listed(site, room)) == 2
    status, refusal = await send(site, room, "Too late")
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")


async def test_a_deleted_message_has_no_text(site: Site) -> None:
    room = await site.backend.room()
    _, sent = await send(site, room, "A secret")
    for _ in range(2):
        status, gone = await site.api.send("DELETE", f"/v1.0/chatmessages/{sent['id']}")
        assert (status, gone["text"]) == (200, "")
    assert await site.api.get(f"/v1.0/chatmessages/{sent['id']}") == (200, gone)
    assert await listed(site, room) == []
    types = [each for each in await site.backend.event_types(room.id) if each.startswith("chatmessage")]
    assert types == ["chatmessage_created", "chatmessage_deleted"]
    other = await site.api.other_customer()
    _, kept = await send(site, room, "Another")
    status, _ = await site.api.send("DELETE", f"/v1.0/chatmessages/{kept['id']}", token=other)
    assert status == 404


@pytest.mark.parametrize("text", ["", " ", "x" * 4001])
async def test_a_text_is_neither_empty_nor_too_long(site: Site, text: str) -> None:
    status, _ = await send(site, await site.backend.room(), text)
    assert status == 400


@pytest.mark.parametrize("field", ["sender_id", "recipient_id"])
async def test_participants_must_be_in_the_room(site: Site, field: str) -> None:
    room, other = await site.backend.room(), await site.backend.room()
    await site.backend.join(other)
    (elsewhere,) = await site.backend.joined(other)
    for id_ in (uuid4(), elsewhere):
        status, refusal = await send(site, room, "Hello", **{field: str(id_)})
        assert (status, refusal["error"]["reason"]) == (404, "CONFERENCECALL_NOT_FOUND")
    assert await listed(site, room) == []


async def test_an_export_has_the_messages_to_all_while_it_listened(site: Site) -> None:
    room = await site.backend.room()
    await site.backend.join(room)
    (one,) = await site.backend.joined(room)
    await send(site, room, "Before")
    site.backend.clock.advance(1)
    begin = site.backend.clock.now()
    site.backend.clock.advance(2)
    _, during = await send(site, room, "During <b>", sender_name="Ann")
    await send(site, room, "Private", recipient_id=str(one))
    site.backend.clock.advance(2)
    end = site.backend.clock.now()
    site.backend.clock.advance(1)
    await send(site, room, "After")
    id_ = TranscribeId(uuid4())
    transcribe = Transcribe(
        id=id_,
        customer_id=site.backend.customer_id,
        reference_type="confbridge",
        reference_id=UUID(str(room.id)),
        status=TranscribeStatus.DONE,
        language="en-US",
        direction="both",
        provider="",
        on_end_flow_id=NIL,
        tm_create=begin,
        tm_stop=end,
    )
    said = [_said(transcribe, "first", 1_000_000), _said(transcribe, "last", 3_000_000)]
    async with site.backend.store.transaction() as tx:
        await tx.transcribes.add(transcribe)
        for each in said:
            await tx.transcripts.add(each)
    files = {}
    for name in ("txt", "vtt", "srt", "json"):
        _, files[name] = await site.api.get(f"/v1.0/transcribes/{id_}/export?format={name}")
    assert files["txt"] == (
        "[00:00:01.000] Bob: first\n[00:00:02.000] Ann (chat): During <b>\n[00:00:03.000] Bob: last\n"
    )
    assert "00:00:02.000 --> 00:00:07.000\n<v Ann (chat)>During &lt;b&gt;\n" in files["vtt"]
    assert "2\n00:00:02,000 --> 00:00:07,000\nAnn (chat): During <b>\n" in files["srt"]
    document = files["json"] if isinstance(files["json"], dict) else orjson.loads(files["json"])
    assert document["chat"] == [during]
    assert [each["message"] for each in document["result"]] == ["first", "last"]


def _said(transcribe: Transcribe, text: str, start_us: int) -> Transcript:
    return Transcript(
        id=TranscriptId(uuid4()),
        customer_id=transcribe.customer_id,
        transcribe_id=transcribe.id,
        direction="in",
        message=text,
        conferencecall_id=NIL,
        call_id=NIL,
        label="Bob",
        start_us=start_us,
        end_us=start_us + 500_000,
        confidence=0.9,
        tm_create=transcribe.tm_create + timedelta(microseconds=start_us),
    )
