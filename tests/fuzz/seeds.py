"""Write the seed corpus of the fuzz targets: one small file a case, under ``corpus/<target>/``."""

import random
import struct
from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
LEVEL = struct.pack("!HHBBxx", 0xBEDE, 1, 0x10, 0x80 | 33)
# A TOC of 20 ms SILK wideband, one frame; what follows is as good as any Opus.
OPUS_TOC = 0x48
LOSS = 0.2
LAST_UPDATE = 4


def _rtp(
    sequence: int, timestamp: int, payload: bytes, payload_type: int = 0, extension: bytes = b""
) -> bytes:
    first = 0x80 | (0x10 if extension else 0)
    return struct.pack("!BBHII", first, payload_type, sequence, timestamp, 0x1234) + extension + payload


def _rtcp(packet_type: int, body: bytes, count: int = 0) -> bytes:
    return struct.pack("!BBH", 0x80 | count, packet_type, len(body) // 4) + body


def _event(digit: int, duration: int, end: int = 0) -> bytes:
    return struct.pack("!BBH", digit, end << 7 | 10, duration)


def _record(elapsed_ms: int, packet: bytes) -> bytes:
    return struct.pack("!BH", elapsed_ms, len(packet)) + packet


def _rtp_seeds() -> Iterator[bytes]:
    yield _rtp(1, 160, bytes(20))
    yield _rtp(1, 160, b"ab", extension=LEVEL)
    yield _rtp(1, 160, b"ab", extension=struct.pack("!HHBBBBBBxx", 0x1000, 2, 1, 1, 33, 0, 2, 0))
    yield b"\xa2" + _rtp(1, 160, bytes(8) + b"ab\x00\x02")[1:]


def _rtcp_seeds() -> Iterator[bytes]:
    report = _rtcp(200, bytes(range(48)), 1)
    description = _rtcp(202, bytes(4) + b"\x01\x04name\x00\x00", 1)
    yield report + description
    yield _rtcp(201, bytes(28), 1) + description + _rtcp(203, bytes(4), 1)


def _dtmf_seeds() -> Iterator[bytes]:
    packets = [_event(5, 160 * n) for n in range(1, 5)] + [_event(5, 800, 1)] * 3
    yield b"".join(
        struct.pack("!BBBB", 4 | 0x80 * (n == 0), 5, 0, 1) + packet for n, packet in enumerate(packets)
    )
    yield (
        struct.pack("!BBBB", 4, 5, 0, 1)
        + _event(9, 0xFFFF)
        + struct.pack("!BBBB", 4, 5, 0, 9)
        + _event(10, 9, 1)
    )


def _receiver_seeds() -> Iterator[bytes]:
    chance = random.Random(1)
    for payload_type, step, size in ((0, 160, 160), (9, 160, 160), (111, 960, 40)):
        packets = [
            _rtp(
                n,
                n * step,
                bytes([OPUS_TOC]) + chance.randbytes(size - 1),
                payload_type,
                LEVEL if n % 2 else b"",
            )
            for n in range(12)
        ]
        yield b"".join(_record(20, packet) for packet in packets)
        lossy = [packet for packet in packets if chance.random() >= LOSS]
        yield b"".join(_record(chance.randrange(50), packet) for packet in chance.sample(lossy, len(lossy)))
    yield b"".join(_record(20, _rtp(n, 0, _event(3, 160 * n, n > LAST_UPDATE), 101)) for n in range(8))


def _jbuf_seeds() -> Iterator[bytes]:
    chance = random.Random(2)
    steady = [struct.pack("!BbbBBB", 20, 1, 2, 20, 26, 0) for _ in range(20)]
    yield b"".join(steady)
    yield b"".join(
        struct.pack("!BbbBBB", chance.randrange(60), step, 2 * step, 20, 26, chance.randrange(2))
        for step in (chance.randrange(-3, 6) for _ in range(40))
    )


def main() -> None:
    """Write every seed; the same bytes every time."""
    seeds = {
        "rtp": _rtp_seeds,
        "rtcp": _rtcp_seeds,
        "dtmf": _dtmf_seeds,
        "receiver": _receiver_seeds,
        "jbuf": _jbuf_seeds,
    }
    for target, make in seeds.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for n, seed in enumerate(make()):
            (folder / f"seed-{n}").write_bytes(seed)


if __name__ == "__main__":
    main()
