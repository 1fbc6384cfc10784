"""RTP packets as phones and browsers send them, and a simulated network."""

import random
import struct
from collections.abc import Iterable

__all__ = ["event", "rough_network", "rtp"]

ONE_BYTE_PROFILE = 0xBEDE


def rtp(
    sequence: int,
    timestamp: int,
    payload: bytes,
    *,
    payload_type: int = 0,
    ssrc: int = 0x1234,
    marker: bool = False,
    level: tuple[int, int] | None = None,
) -> bytes:
    """Return a packet; `level` is (extension id, RFC 6464 octet)."""
    head = struct.pack(
        "!BBHII",
        0x80 | (0x10 if level else 0),
        payload_type | (0x80 if marker else 0),
        sequence % 2**16,
        timestamp % 2**32,
        ssrc,
    )
    if level:
        head += struct.pack("!HHBBxx", ONE_BYTE_PROFILE, 1, level[0] << 4, level[1])
    return head + payload


def event(digit: int, duration: int, *, end: bool = False) -> bytes:
    """Return an RFC 4733 payload."""
    return struct.pack("!BBH", digit, 10 | (0x80 if end else 0), duration)


def rough_network(
    packets: Iterable[tuple[float, bytes]],
    *,
    seed: int,
    loss: float = 0.0,
    jitter_ms: float = 0.0,
    copies: float = 0.0,
) -> list[tuple[float, bytes]]:
    """Lose, delay (and so reorder) and repeat packets; return (arrival in ms, packet) in order of arrival."""
    rng = random.Random(seed)
    sent = [pair for pair in packets for _ in range(1 + (rng.random() < copies))]
    return sorted(
        (sent_ms + rng.uniform(0, jitter_ms), packet) for sent_ms, packet in sent if rng.random() >= loss
    )
