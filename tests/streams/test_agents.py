"""Media streams that the server connects: to a real WebSocket server, in both protocols, with reconnecting."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixminus.mixer import DigitReceived
from mixminus.streams.reconnect import MAX_FAILURES
from tests.support.calling import HOUR, action
from tests.support.legs import PcmLeg
from tests.support.phone import mulaw_decode, mulaw_encode
from tests.support.site import Site, open_site, site
from tests.support.stream_program import Program, open_program
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import until

__all__ = ["site"]

LEG_HZ = 16000
PHONE_HZ, AGENT_HZ = 1130.0, 440.0
AUDIBLE_DB, SILENT_DB = -30.0, -60.0
Stream = dict[str, Any]


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    async with open_program() as opened:
        yield opened


async def start(site: Site, path: str, url: str, **fields: Any) -> Stream:
    status, stream = await site.api.post(path, {"url": url, **fields})
    assert (status, stream.get("status")) == (200, "connecting"), stream
    assert isinstance(stream, dict)
    return stream


async def becomes(site: Site, stream: Stream, status: str, seconds: float = 0.02) -> Stream:
    """Let time pass until the stream has this status."""

    async def look() -> Stream | None:
        site.backend.clock.advance(seconds)
        _, found = await site.api.get(f"/v1.0/media_streams/{stream['id']}")
        return found if found["status"] == status else None

    return await until(look)


async def passes(site: Site, ready: Any) -> None:
    """Let time pass until something is so."""

    def look() -> bool:
        site.backend.clock.advance(0.02)
        return bool(ready())

    await until(look)


def talk(site: Site, leg: PcmLeg, seconds: float = 1.0) -> Pcm:
    """Let the phone send its tone; return what it hears."""
    leg.port.read()
    voice = tone(PHONE_HZ, seconds, sample_rate_hz=LEG_HZ)
    for start in range(0, voice.size, LEG_HZ // 50):
        leg.port.write(voice[start : start + LEG_HZ // 50])
        site.backend.tick()
    return leg.port.read()


def hears(pcm: Pcm, sample_rate_hz: int) -> list[bool]:
    """Return whether the phone's and the agent's tone are in it."""
    levels = [
        level_db(pcm[pcm.size // 4 :], hz, sample_rate_hz=sample_rate_hz) for hz in (PHONE_HZ, AGENT_HZ)
    ]
    assert all(each > AUDIBLE_DB or each < SILENT_DB for each in levels), levels
    return [each > AUDIBLE_DB for each in levels]


async def heard_by(site: Site, samples: int) -> None:
    counters: Any = site.backend.services.streams.counters
    await until(lambda: counters["streams.samples_heard"] >= samples)


async def test_room_and_program_hear_each_other_in_our_protocol(site: Site, program: Program) -> None:
    room = await site.backend.room()
    (leg,) = await site.backend.join(room)
    fields = {"sample_rate": 24000, "parameters": {"bot": "7"}}
    stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url, **fields)
    connected = await becomes(site, stream, "connected")
    assert (connected["connections"], connected["tm_start"] is None) == (1, False)
    await passes(site, lambda: program.texts)
    assert program.texts[0] == {
        "type": "start",
        "stream_id": stream["id"],
        "customer_id": stream["customer_id"],
        "conference_id": str(room.id),
        "call_id": "00000000-0000-0000-0000-000000000000",
        "encapsulation": "sln",
        "sample_rate": 24000,
        "listen": "mix",
        "parameters": {"bot": "7"},
    }
    assert program.socket is not None
    await program.socket.send_bytes(tone(AGENT_HZ, 1.0, sample_rate_hz=24000).astype("<i2").tobytes())
    await program.socket.send_str('{"type": "mark", "name": "said"}')
    await heard_by(site, 24000)
    program.binaries.clear()
    assert hears(talk(site, leg), LEG_HZ) == [False, True]
    await passes(site, lambda: len(program.binaries) >= 50)
    assert {len(each) for each in program.binaries} == {960}
    assert hears(np.frombuffer(b"".join(program.binaries[:50]), "<i2"), 24000) == [True, False]
    await passes(site, lambda: program.events("mark"))
    assert program.events("mark") == [{"type": "mark", "name": "said", "cleared": False}]
    await site.api.send("DELETE", f"/v1.0/conferences/{room.id}")
    ended = await becomes(site, stream, "ended")
    assert (ended["error"], ended["tm_end"] is None) == ("", False)
    await until(program.closed.is_set)
    assert program.texts[-1] == {"type": "stop"}
    assert program.socket.close_code == 1000


async def exchange_in_mulaw(site: Site, program: Program, leg: PcmLeg, other: PcmLeg) -> None:
    """Let phone and program talk; the messages are numbered, and the other phone of the room does not hear the program."""
    before = len(program.events("media"))
    assert hears(talk(site, leg), LEG_HZ) == [False, True]
    assert hears(other.port.read(), LEG_HZ)[1] is False
    await passes(site, lambda: len(program.events("media")) >= before + 50)
    got = program.events("media")[before:]
    assert [int(each["media"]["chunk"]) for each in got] == list(range(before + 1, before + len(got) + 1))
    assert [int(each["media"]["timestamp"]) for each in got[:2]] == [before * 20, before * 20 + 20]
    numbers = [int(each["sequenceNumber"]) for each in program.texts[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    payload = b"".join(base64.b64decode(each["media"]["payload"]) for each in got)
    assert hears(mulaw_decode(payload), 8000) == [True, False]


async def test_call_and_program_hear_each_other_in_twilios_protocol(site: Site, program: Program) -> None:
    room = await site.backend.room()
    leg, other = await site.backend.join(room, 2)
    (first, _) = await site.backend.joined(room)
    call = await site.backend.call_of(first)
    fields = {"protocol": "twilio", "parameters": {"bot": "7"}}
    stream = await start(site, f"/v1.0/calls/{call.id}/media_streams", program.url, **fields)
    await becomes(site, stream, "connected")
    await passes(site, lambda: program.events("start"))
    connected, started = program.texts[:2]
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert (started["start"]["callSid"], started["start"]["customParameters"]) == (
        f"CA{call.id.hex}",
        {"bot": "7"},
    )
    assert started["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    sid = started["streamSid"]
    assert program.socket is not None
    media = base64.b64encode(mulaw_encode(tone(AGENT_HZ, 30.0, sample_rate_hz=8000))).decode()
    await program.socket.send_json({"event": "media", "streamSid": sid, "media": {"payload": media}})
    await program.socket.send_json({"event": "mark", "streamSid": sid, "mark": {"name": "said"}})
    await heard_by(site, 30 * 8000)
    await exchange_in_mulaw(site, program, leg, other)
    site.backend.services.on_engine_event(DigitReceived(leg.port.id, 0, "5", 100))
    await program.socket.send_json({"event": "clear", "streamSid": sid})
    await passes(site, lambda: program.events("mark") and program.events("dtmf"))
    assert program.events("mark")[0]["mark"] == {"name": "said"}
    assert program.events("dtmf")[0]["dtmf"] == {"track": "inbound_track", "digit": "5"}
    site.backend.tick(5)
    assert hears(talk(site, leg), LEG_HZ) == [False, False]
    _, stopped = await site.api.post(f"/v1.0/media_streams/{stream['id']}/stop", {})
    assert stopped["status"] == "ended"
    await until(program.closed.is_set)
    assert program.texts[-1]["event"] == "stop"
    status, refusal = await site.api.post(f"/v1.0/media_streams/{stream['id']}/stop", {})
    assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")


async def test_lost_connection_is_opened_again_and_what_was_sent_is_played(
    site: Site, program: Program
) -> None:
    room = await site.backend.room()
    (leg,) = await site.backend.join(room)
    stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url)
    await becomes(site, stream, "connected")
    await passes(site, lambda: program.socket)
    assert program.socket is not None
    await program.socket.send_bytes(tone(AGENT_HZ, 30.0, sample_rate_hz=8000).astype("<i2").tobytes())
    await heard_by(site, 30 * 8000)
    program.status = 503
    program.abort()
    lost = await becomes(site, stream, "reconnecting")
    assert lost["error"].startswith("the program closed the connection with an error")
    assert hears(talk(site, leg), LEG_HZ) == [False, True]
    await passes(site, lambda: program.attempts >= 3)
    program.status = 101
    again = await becomes(site, stream, "connected")
    assert (again["connections"], again["error"]) == (2, "")
    await passes(site, lambda: len(program.events("start")) == 2)
    _, listed = await site.api.get(f"/v1.0/conferences/{room.id}/media_streams")
    assert [each["id"] for each in listed["result"]] == [stream["id"]]
    _, page = await site.api.get("/v1.0/events")
    types = [each["type"] for each in page["result"] if each["data"].get("id") == stream["id"]]
    assert types == [
        "mediastream_connected",
        "mediastream_reconnecting",
        "mediastream_connected",
    ]


@pytest.mark.parametrize("aborts", [False, True])
async def test_program_that_never_answers_fails_after_ten_attempts(
    site: Site, program: Program, aborts: bool
) -> None:
    program.status, program.aborts = (101, True) if aborts else (503, False)
    room = await site.backend.room()
    stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url)
    failed = await becomes(site, stream, "failed", seconds=0.5)
    assert program.attempts == MAX_FAILURES
    assert failed["error"].endswith(f"({MAX_FAILURES} attempts)")
    assert site.backend.services.agent_streams.counters["streams.failed"] == 1


async def test_refusal_for_good_fails_at_once(site: Site, program: Program) -> None:
    program.status = 403
    room = await site.backend.room()
    stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url)
    failed = await becomes(site, stream, "failed")
    assert (program.attempts, failed["error"]) == (
        1,
        "url: answers 403 instead of 101 to the WebSocket handshake",
    )


async def test_program_ends_the_stream_by_a_normal_close(site: Site, program: Program) -> None:
    room = await site.backend.room()
    stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url)
    await becomes(site, stream, "connected")
    await passes(site, lambda: program.socket)
    assert program.socket is not None
    await program.socket.close()
    ended = await becomes(site, stream, "ended")
    assert (ended["connections"], program.attempts) == (1, 1)


async def test_private_address_is_refused_where_webhooks_to_it_are(tmp_path: Path, program: Program) -> None:
    async with open_site(tmp_path, private_targets=False) as site:
        room = await site.backend.room()
        stream = await start(site, f"/v1.0/conferences/{room.id}/media_streams", program.url)
        failed = await becomes(site, stream, "failed")
        assert failed["error"] == "url: leads to a private address, which is refused"
        assert program.attempts == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://127.0.0.1/"},
        {"url": ""},
        {"url": "ws://127.0.0.1/", "sample_rate": 44100},
        {"url": "ws://127.0.0.1/", "protocol": "twilio", "sample_rate": 16000},
        {"url": "ws://127.0.0.1/", "listen": "in"},
        {"url": "ws://127.0.0.1/", "parameters": {str(n): "" for n in range(51)}},
    ],
)
async def test_invalid_request_is_refused(site: Site, fields: dict[str, Any]) -> None:
    room = await site.backend.room()
    status, _ = await site.api.post(f"/v1.0/conferences/{room.id}/media_streams", fields)
    assert status == 400


async def test_flow_waits_for_the_end_of_a_stream(site: Site, program: Program) -> None:
    connect = action("media_stream_start", url=program.url, protocol="twilio", wait=True)
    room = await site.backend.room(pre_actions=(connect, action("answer")))
    leg = await site.backend.dial(room.id)
    await passes(site, lambda: program.socket)
    assert await site.backend.joined(room) == ()
    assert program.socket is not None
    await program.socket.send_json({"event": "stop"})

    async def joined() -> bool:
        site.backend.clock.advance(0.02)
        return len(await site.backend.joined(room)) == 1

    await until(joined)
    leg.bye()


async def test_flow_continues_beside_a_stream_and_stops_it(site: Site, program: Program) -> None:
    actions = (action("media_stream_start", url=program.url), HOUR, action("media_stream_stop"), HOUR)
    room = await site.backend.room(pre_actions=actions)
    leg = await site.backend.dial(room.id)
    await passes(site, lambda: program.socket)
    site.backend.clock.advance(3600)
    await passes(site, program.closed.is_set)
    assert program.texts[-1] == {"type": "stop"}
    leg.bye()
