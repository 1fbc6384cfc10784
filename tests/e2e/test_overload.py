"""Admission by overload: a new call is refused with 503 while mixing has no time for it, and running calls go on."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import AUDIBLE_DB
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.sip_phone import Message, Phone, sdp
from tests.support.tones import TONES_HZ, level_db
from tests.support.waiting import eventually, pace, play_for

REFUSED_S = 4
BLOCK_S = 0.1


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for which two Opus phones are too much: it refuses calls above 1 % of one mixing thread."""
    folder = tmp_path_factory.mktemp("busy-server")
    with Server(folder, MIXMINUS_MAX_LOAD_PERCENT="1", MIXMINUS_SHARDS="1") as running:
        yield running


def metric(server: Server, name: str) -> float:
    return server.metrics().get(name, 0.0)


async def invite(server: Server, room: str) -> Message:
    """Return the final response to an INVITE; a call that is answered is hung up."""
    caller = await Phone.open(server.sip_port, host=ADDRESS, source=ADDRESS)
    call = caller.call(room)
    call.invite(sdp())
    answer = await call.final()
    if answer.status_code == 200:
        call.ack()
        await call.hang_up()
    else:
        call.ack_refusal()
    await caller.close()
    return answer


async def test_new_call_is_refused_while_running_calls_keep_their_audio(
    busy_server: Server, phone: Ring
) -> None:
    room = busy_server.new_room()
    talkers = [phone(hz, codec="opus/48000/2") for hz in TONES_HZ[:2]]
    for talker in talkers:
        talker.command("dial", busy_server.sip_uri(room))
    busy_server.wait_for_participants(room, 2)
    eventually(lambda: metric(busy_server, "mixminus_mixing_load") >= 0.01, what="mixing is overloaded")
    await pace(1.5)  # until the edge has the news

    refused = phone(TONES_HZ[2])
    refused.command("dial", busy_server.sip_uri(room))
    refused.wait_for_log("503", what="the third phone is refused")
    answer = await invite(busy_server, room)
    assert answer.status_code == 503
    assert int(answer.header("retry-after")) > 0
    eventually(
        lambda: metric(busy_server, "mixminus_sip_edge_overload_total") == 2, what="both refusals are counted"
    )

    play_for(REFUSED_S)
    assert len(busy_server.participants(room)) == 2
    for talker, other_hz in zip(talkers, reversed(TONES_HZ[:2]), strict=True):
        pcm, rate = talker.ear()
        block = int(BLOCK_S * rate)
        last = pcm[-REFUSED_S * rate :]
        levels = [
            level_db(last[at:end], other_hz, sample_rate_hz=rate)
            for at, end in pairwise(np.arange(0, len(last) + 1, block))
        ]
        assert min(levels) > AUDIBLE_DB, levels

    for talker in talkers:
        talker.hang_up()
    busy_server.wait_for_participants(room, 0)
    eventually(lambda: metric(busy_server, "mixminus_mixing_load") < 0.01, what="mixing has time again")
    await pace(1.5)
    assert (await invite(busy_server, room)).status_code == 200
