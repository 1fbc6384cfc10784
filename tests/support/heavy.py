"""A real load for mixing threads: rooms of one Opus phone each, to whom noise is played."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from mixminus.mixer import CODECS, Codec, CodecFormat, Engine, MediaDirection, PortMedia

__all__ = ["heavy_rooms"]

_NOISE_RATE_HZ = 16_000
_SECONDS = 60
_LOUD = 3000


@contextmanager
def heavy_rooms(engine: Engine, count: int) -> Iterator[None]:
    """Open rooms, each of which encodes Opus at its highest complexity for a socket that is not read."""
    clock_rate_hz, sample_rate_hz = CODECS[Codec.OPUS]
    opus = CodecFormat(Codec.OPUS, 111, clock_rate_hz, sample_rate_hz, complexity=10)
    noise = np.random.default_rng(1).normal(0, _LOUD, _NOISE_RATE_HZ * _SECONDS).astype(np.int16)
    with ExitStack() as stack:
        sink = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sink.bind(("127.0.0.1", 0))
        media = PortMedia((opus,), opus, direction=MediaDirection.SENDONLY, remote=sink.getsockname())
        for _ in range(count):
            room = engine.open_bridge()
            stack.callback(room.close)
            port = engine.open_rtp_port()
            stack.callback(port.close)
            port.configure(media)
            port.join(room)
            playout = room.open_playout(_NOISE_RATE_HZ, seconds=_SECONDS)
            stack.callback(playout.close)
            playout.write(noise)
        yield
