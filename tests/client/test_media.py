"""Media streams and meters of both clients, against a real server: what is sent is played, refusals, and ends."""

import numpy as np
import pytest

from mixminus.client import AsyncClient, Client, Mark, StreamEnded
from mixminus.client.generated.reasons import ConferenceNotFound
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import level_db, tone

RATE_HZ = 8000
HZ = 500.0
FRAME_BYTES = 320
NO_ROOM = "7b1f5a7e-0000-4000-8000-000000000000"


def pcm(seconds: float) -> bytes:
    return tone(HZ, seconds, sample_rate_hz=RATE_HZ).astype("<i2").tobytes()


def assert_tone(heard: bytes) -> None:
    samples = np.frombuffer(heard, "<i2").astype(np.int16)
    loud = np.flatnonzero(np.abs(samples) > 500)
    assert loud.size, "nothing was heard"
    assert level_db(samples[loud[0] : loud[0] + RATE_HZ // 2], HZ, sample_rate_hz=RATE_HZ) > -30


def test_one_stream_hears_another(server: Server, client: Client) -> None:
    room = server.new_room()
    with client.stream_conference(room) as speaker, client.stream_conference(room) as listener:
        speaker.send(pcm(1.0))
        speaker.mark("played")
        heard = bytearray()
        frames = iter(listener)
        for received in speaker:
            piece = next(frames)
            assert isinstance(piece, bytes)
            assert len(piece) == FRAME_BYTES
            heard += piece
            if isinstance(received, Mark):
                break
        assert received == Mark("played", cleared=False)
        assert_tone(bytes(heard))


def test_what_is_cleared_is_not_played(server: Server, client: Client) -> None:
    with client.stream_conference(server.new_room()) as stream:
        stream.send(pcm(600.0))
        stream.mark("end")
        stream.clear()
        assert next(each for each in stream if isinstance(each, Mark)) == Mark("end", cleared=True)


def test_the_stream_ends_with_its_room(server: Server, client: Client) -> None:
    room = server.new_room()
    with client.stream_conference(room) as stream:
        client.delete_conference(room)
        assert all(isinstance(each, bytes) for each in stream)
        with pytest.raises(StreamEnded):
            stream.send(pcm(0.1))


def test_an_unknown_room_is_refused_by_its_reason(client: Client) -> None:
    with pytest.raises(ConferenceNotFound), client.stream_conference(NO_ROOM):
        pass
    with pytest.raises(ConferenceNotFound):
        next(client.watch_meters(NO_ROOM))


async def test_the_async_stream_sends_hears_and_ends(server: Server) -> None:
    room = server.new_room()
    async with (
        AsyncClient(server.url, key=ACCESS_KEY) as client,
        client.stream_conference(room) as speaker,
        client.stream_conference(room) as listener,
    ):
        await speaker.send(pcm(1.0))
        await speaker.mark("played")
        heard, frames = bytearray(), aiter(listener)
        async for received in speaker:
            piece = await anext(frames)
            assert isinstance(piece, bytes)
            heard += piece
            if isinstance(received, Mark):
                break
        assert_tone(bytes(heard))
        await client.delete_conference(room)
        assert [each async for each in speaker if isinstance(each, Mark)] == []
        with pytest.raises(StreamEnded):
            await speaker.clear()


async def test_an_unknown_room_is_refused_by_the_async_client(server: Server) -> None:
    async with AsyncClient(server.url, key=ACCESS_KEY) as client:
        with pytest.raises(ConferenceNotFound):
            async with client.stream_conference(NO_ROOM):
                pass
        with pytest.raises(ConferenceNotFound):
            await anext(client.watch_meters(NO_ROOM))


async def test_meters_end_with_their_room(server: Server, client: Client) -> None:
    room = server.new_room()
    meters = client.watch_meters(room)
    assert next(meters).participants == []
    async with AsyncClient(server.url, key=ACCESS_KEY) as other:
        follow = other.watch_meters(room)
        assert (await anext(follow)).left == []
        await other.delete_conference(room)
        assert [each async for each in follow if each.participants] == []
    assert [each for each in meters if each.participants] == []
