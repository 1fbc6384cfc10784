"""/conferences/{id}/captions: live captions as server-sent events and as WebVTT, with tones instead of speech."""

import asyncio
import re
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, WSMsgType

from mixminus.delivery import captions
from mixminus.model.conference import Conference
from tests.api.client import KEY
from tests.support.backend import backend
from tests.support.legs import PcmLeg
from tests.support.site import Site, site
from tests.support.talk import heard, speak, whistle
from tests.support.tone_engine import word
from tests.support.waiting import until

__all__ = ["backend", "site"]

LOW, HIGH, LONG_S = 440, 1000, 3.0


async def transcribed_room(site: Site, **options: str) -> tuple[Conference, PcmLeg, str, str]:
    """Return a room that is transcribed, its participant, the participant's id, and the transcribe's."""
    room = await site.backend.room()
    (ann,) = await site.backend.join(room)
    (id_,) = await site.backend.joined(room)
    await site.api.send("PATCH", f"/v1.0/conferencecalls/{id_}", json={"label": "Ann <A> & co"})
    _, started = await site.api.post(
        f"/v1.0/conferences/{room.id}/transcribe_start", {"language": "en-US", **options}
    )
    return room, ann, str(id_), started["transcribe_id"]


def path(room: Conference, query: str = "") -> str:
    return f"/v1.0/conferences/{room.id}/captions?token={KEY}{query}"


async def watch(site: Site, room: Conference, query: str = "", **headers: str) -> ClientResponse:
    response = await site.api.client.get(path(room, query), headers=headers)
    assert (response.status, response.content_type) == (200, "text/event-stream")
    return response


async def next_event(stream: ClientResponse) -> dict[str, Any]:
    """Return the next server-sent event by its fields; signs of life are left out."""
    async with asyncio.timeout(60):
        while True:
            block = (await stream.content.readuntil(b"\n\n")).decode()
            fields = dict(
                line.split(": ", 1) for line in block.strip().split("\n") if not line.startswith(":")
            )
            if fields:
                return {**fields, "data": orjson.loads(fields["data"])}


async def so_far(site: Site, room: Conference) -> None:
    """Wait until a text so far is published."""

    async def published() -> bool:
        site.backend.clock.advance(0.1)
        return "transcribe_speech_interim" in await site.backend.event_types(room.id)

    await until(published, within_s=60)


async def test_events_have_texts_so_far_and_final_ones(site: Site) -> None:
    room, ann, id_, transcribe_id = await transcribed_room(site)
    stream, finals = await watch(site, room), await watch(site, room, "&partials=false")
    speak(site.backend, {ann: whistle(LOW, LONG_S)}, rest_s=0.0)
    await so_far(site, room)
    partial = await next_event(stream)
    speak(site.backend, {ann: whistle(LOW, 0.1)})
    (transcript,) = await heard(site.backend, transcribe_id, 1)
    assert partial["event"] == "caption"
    assert partial["data"] | {"end_s": 0, "start_s": 0} == {
        "id": str(transcript.id),
        "transcribe_id": transcribe_id,
        "final": False,
        "name": "Ann <A> & co",
        "conferencecall_id": id_,
        "call_id": str(transcript.call_id),
        "start_s": 0,
        "end_s": 0,
        "text": word(LOW),
        "translated": False,
    }
    assert partial["data"]["start_s"] == transcript.start_us / 1e6 <= partial["data"]["end_s"]
    final = partial
    while not final["data"]["final"]:
        final = await next_event(stream)
    assert final["data"]["id"] == partial["data"]["id"]
    assert (final["data"]["start_s"], final["data"]["end_s"]) == (
        transcript.start_us / 1e6,
        transcript.end_us / 1e6,
    )
    assert await next_event(finals) == final
    for each in (stream, finals):
        each.close()


async def test_viewer_resumes_behind_the_last_event_and_nothing_final_is_lost(site: Site) -> None:
    room, ann, _, transcribe_id = await transcribed_room(site)
    stream = await watch(site, room, "&partials=false")
    speak(site.backend, {ann: whistle(LOW, 1.0)})
    await heard(site.backend, transcribe_id, 1)
    first = await next_event(stream)
    stream.close()
    for hertz in (HIGH, LOW):
        speak(site.backend, {ann: whistle(hertz, 1.0)})
    await heard(site.backend, transcribe_id, 3)
    again = await watch(site, room, "&partials=false", **{"Last-Event-ID": first["id"]})
    assert [(await next_event(again))["data"]["text"] for _ in range(2)] == [word(HIGH), word(LOW)]
    speak(site.backend, {ann: whistle(HIGH, 1.0)})
    await heard(site.backend, transcribe_id, 4)
    assert (await next_event(again))["data"]["text"] == word(HIGH)
    again.close()
    from_the_begin = await watch(site, room, "&partials=false&after=0")
    assert await next_event(from_the_begin) == first
    from_the_begin.close()


async def test_stream_ends_when_the_room_has_ended_and_all_is_recognised(site: Site) -> None:
    room, ann, _, _ = await transcribed_room(site)
    stream = await watch(site, room, "&partials=false")
    speak(site.backend, {ann: whistle(LOW, 1.0)})
    await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
    site.backend.clock.advance(1.0)
    assert (await next_event(stream))["data"]["text"] == word(LOW)
    assert (await next_event(stream))["event"] == "end"
    assert await stream.content.read() == b""
    status, answer = await site.api.get(f"/v1.0/conferences/{room.id}/captions")
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")


async def next_frame(socket: ClientWebSocketResponse[bool]) -> str:
    async with asyncio.timeout(60):
        message = await socket.receive()
    assert message.type is WSMsgType.TEXT, message
    return str(message.data)


async def test_websocket_sends_webvtt(site: Site) -> None:
    room, ann, _, transcribe_id = await transcribed_room(site)
    socket = await site.api.client.ws_connect(path(room))
    assert await next_frame(socket) == "WEBVTT\n\n"
    speak(site.backend, {ann: whistle(LOW, LONG_S)}, rest_s=0.0)
    await so_far(site, room)
    speak(site.backend, {ann: whistle(LOW, 0.1)})
    (transcript,) = await heard(site.backend, transcribe_id, 1)
    cues = [await next_frame(socket)]
    while "<v " not in cues[-1]:
        cues.append(await next_frame(socket))
    assert len(cues) > 1
    for cue in cues:
        shown = re.fullmatch(r"(\S+)\n(\S+) --> (\S+)\n<(v|v\.partial) Ann &lt;A &amp; co>(.*)\n\n", cue)
        assert shown, cue
        assert (shown[1], shown[5]) == (str(transcript.id), word(LOW))
        assert shown[2] <= shown[3]
    await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
    async with asyncio.timeout(60):
        closed = await socket.receive()
    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1000)


async def test_viewer_chooses_the_language(site: Site) -> None:
    room, ann, _, transcribe_id = await transcribed_room(site, translate_to="es")
    spoken, spanish = [await watch(site, room, f"&partials=false{more}") for more in ("", "&language=es-MX")]
    socket = await site.api.client.ws_connect(path(room, "&partials=false&language=es"))
    speak(site.backend, {ann: whistle(LOW, 1.0)})
    (transcript,) = await heard(site.backend, transcribe_id, 1)
    assert transcript.translations == {"es": "Tono 440"}
    data = [(await next_event(each))["data"] for each in (spoken, spanish)]
    assert [(each["text"], each["translated"]) for each in data] == [(word(LOW), False), ("Tono 440", True)]
    assert [await next_frame(socket) for _ in range(2)][1].endswith(">Tono 440\n\n")
    for each in (spoken, spanish):
        each.close()
    await socket.close()
    for format_ in ("vtt", "srt", "txt", "json"):
        for language, text in (("", word(LOW)), ("es", "Tono 440"), ("fr", word(LOW))):
            query = f"format={format_}&language={language}"
            found = await site.api.client.get(f"/v1.0/transcribes/{transcribe_id}/export?token={KEY}&{query}")
            assert text in await found.text()
    _, page = await site.api.get(f"/v1.0/transcripts?transcribe_id={transcribe_id}")
    assert [each["translations"] for each in page["result"]] == [{"es": "Tono 440"}]
    _, shown = await site.api.get(f"/v1.0/transcribes/{transcribe_id}")
    assert shown["translate_to"] == "es"


async def test_texts_so_far_are_translated_too(site: Site) -> None:
    room, ann, *_ = await transcribed_room(site, translate_to="es")
    stream = await watch(site, room, "&language=es")
    speak(site.backend, {ann: whistle(LOW, LONG_S)}, rest_s=0.0)
    await so_far(site, room)
    partial = (await next_event(stream))["data"]
    assert (partial["final"], partial["text"], partial["translated"]) == (False, "Tono 440", True)
    stream.close()


async def test_pair_that_is_not_installed_is_refused(site: Site) -> None:
    room = await site.backend.room()
    start = f"/v1.0/conferences/{room.id}/transcribe_start"
    for language, to, says in (
        ("en", "ja", "apt install apertium apertium-eng-"),
        ("en", "en", "nothing translates"),
    ):
        status, answer = await site.api.post(start, {"language": language, "translate_to": to})
        assert (status, answer["error"]["reason"]) == (400, "TRANSLATION_NOT_SUPPORTED")
        assert says in answer["error"]["message"]
    status, _ = await site.api.post(start, {"language": "en", "translate_to": "--help"})
    assert status == 400


async def test_refusals(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    room = await site.backend.room()
    other = await site.api.other_customer()
    status, _ = await site.api.send("GET", f"/v1.0/conferences/{room.id}/captions", token=other)
    assert status == 404
    for after in ("x", "-1", "9" * 25):
        status, _ = await site.api.get(f"/v1.0/conferences/{room.id}/captions?after={after}")
        assert status == 400
    monkeypatch.setattr(captions, "MAX_VIEWERS", 0)
    status, answer = await site.api.get(f"/v1.0/conferences/{room.id}/captions")
    assert (status, answer["error"]["reason"]) == (429, "TOO_MANY_VIEWERS")
