"""Encoders that join by WHIP as FFmpeg does: its offer, and its STUN requests without PRIORITY and role.

Debian's FFmpeg has no WHIP muxer; the requests are those of its libavformat/whip.c (FFmpeg 8.0).
"""

import asyncio
import socket

import aioice
import numpy as np
from aioice.stun import Class, Message, Method

from mixminus.webrtc.endpoint import WebRtcEndpoint
from tests.support.aiortc_client import AiortcClient
from tests.support.room import AnsweringRoom
from tests.support.tones import level_db
from tests.support.whip import direct

OFFER = """v=0\r
o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1\r
s=FFmpegPublishSession\r
t=0 0\r
a=group:BUNDLE 0\r
a=extmap-allow-mixed\r
a=msid-semantic: WMS\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=ice-ufrag:a174b6b6\r
a=ice-pwd:b7d0a6e1f0f64d1a8f0a4c0b3f3e5d7c\r
a=fingerprint:sha-256 {fingerprint}\r
a=setup:active\r
a=mid:0\r
a=sendonly\r
a=msid:FFmpeg audio\r
a=rtcp-mux\r
a=rtpmap:111 opus/48000/2\r
a=ssrc:4267647086 cname:FFmpeg\r
a=ssrc:4267647086 msid:FFmpeg audio\r
"""
FINGERPRINT = ":".join(f"{byte:02X}" for byte in range(32))


def attribute(answer: str, name: str) -> str:
    return next(line for line in answer.splitlines() if line.startswith(f"a={name}:")).partition(":")[2]


async def test_bare_binding_request_is_answered(endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> None:
    reply = await direct(endpoint)("POST", "", {}, OFFER.format(fingerprint=FINGERPRINT))
    assert reply.status == 201, reply.body
    candidate = attribute(reply.body, "candidate").split()
    request = Message(Method.BINDING, Class.REQUEST)
    request.attributes["USERNAME"] = f"{attribute(reply.body, 'ice-ufrag')}:a174b6b6"
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(attribute(reply.body, "ice-pwd").encode())
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as encoder:
        encoder.setblocking(False)
        encoder.bind(("127.0.0.1", 0))
        await loop.sock_sendto(encoder, bytes(request), (candidate[4], int(candidate[5])))
        answered = False
        async with asyncio.timeout(10):
            while not answered:
                answer = aioice.stun.parse_message(await loop.sock_recv(encoder, 2048))
                # The server also sends requests of its own.
                answered = answer.transaction_id == request.transaction_id
        assert (answer.message_class, answer.message_method) == (Class.RESPONSE, Method.BINDING)
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == encoder.getsockname()
    assert endpoint.counters["webrtc.stun.without_priority"] == 1


async def test_encoder_with_bare_checks_is_heard(endpoint: WebRtcEndpoint, backend: AnsweringRoom) -> None:
    listener = AiortcClient(direct(endpoint), hz=1000)
    await listener.join()
    encoder = AiortcClient(direct(endpoint), hz=440)
    encoder.send_checks_as_ffmpeg()
    await encoder.join()
    await listener.hear(1)
    heard = await listener.hear(1)
    assert np.max(np.abs(heard)) > 1000
    assert level_db(heard, 440, sample_rate_hz=48_000) > -30
    assert endpoint.counters["webrtc.stun.without_priority"] > 0
    assert "webrtc.stun.forged" not in endpoint.counters
