"""The media streams of the Python client with a real phone: each hears the other."""

from collections.abc import Iterator

import numpy as np
import pytest

from mixminus.client import AsyncClient, AsyncMediaStream, Client, MediaStream
from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import eventually

RATE_HZ = 8000
PHONE_HZ, PROGRAM_HZ = 440.0, 1000.0
SPOKEN_S, HEARD_S = 3.0, 1.0


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, key=ACCESS_KEY) as opened:
        yield opened


def spoken() -> bytes:
    return tone(PROGRAM_HZ, SPOKEN_S, sample_rate_hz=RATE_HZ).astype("<i2").tobytes()


def loud(frame: bytes) -> bool:
    return bool(np.max(np.abs(np.frombuffer(frame, "<i2").astype(np.int32))) > 500)


def samples(heard: bytearray) -> Pcm:
    return np.frombuffer(bytes(heard), "<i2").astype(np.int16)


def listen(stream: MediaStream) -> Pcm:
    """Return a second of what is heard, from the first sound on."""
    heard = bytearray()
    for frame in stream:
        if isinstance(frame, bytes) and (heard or loud(frame)):
            heard += frame
        if len(heard) >= 2 * RATE_HZ * HEARD_S:
            break
    return samples(heard)


async def listen_async(stream: AsyncMediaStream) -> Pcm:
    heard = bytearray()
    async for frame in stream:
        if isinstance(frame, bytes) and (heard or loud(frame)):
            heard += frame
        if len(heard) >= 2 * RATE_HZ * HEARD_S:
            break
    return samples(heard)


def assert_the_phone_alone(heard: Pcm) -> None:
    phone, program = (level_db(heard, hz, sample_rate_hz=RATE_HZ) for hz in (PHONE_HZ, PROGRAM_HZ))
    assert phone > -30
    assert program < phone - 40


def test_a_phone_and_a_program_hear_each_other_in_a_room(server: Server, client: Client, phone: Ring) -> None:
    room = server.new_room(prompts="off")
    caller = phone(PHONE_HZ)
    caller.dial(server.sip_uri(room))
    with client.stream_conference(room) as stream:
        stream.send(spoken())
        stream.mark("spoken")
        assert_the_phone_alone(listen(stream))
        assert next(each for each in stream if not isinstance(each, bytes)).name == "spoken"
    assert_hears(caller.ear(), (PROGRAM_HZ,), PHONE_HZ)
    meters = next(each for each in client.watch_meters(room) if each.participants)
    assert [each.codec for each in meters.participants] == ["PCMU"]


async def test_a_phone_and_an_async_program_hear_each_other_in_a_call(
    server: Server, client: Client, phone: Ring
) -> None:
    room = server.new_room(prompts="off")
    caller = phone(PHONE_HZ)
    caller.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    (call,) = (each for each in client.list_calls() if each.status == "progressing")
    async with (
        AsyncClient(server.url, key=ACCESS_KEY) as opened,
        opened.stream_call(call.id) as stream,
    ):
        await stream.send(spoken())
        await stream.mark("spoken")
        assert_the_phone_alone(await listen_async(stream))
        async for received in stream:
            if not isinstance(received, bytes):
                assert received.name == "spoken"
                break
        caller.hang_up()
        assert [each async for each in stream if not isinstance(each, bytes)] == []
    assert_hears(caller.ear(), (PROGRAM_HZ,), PHONE_HZ)
    eventually(lambda: server.participants(room) == [], what="the phone has left")
