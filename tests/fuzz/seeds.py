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


def _shared(head: int, packet: bytes) -> bytes:
    """Return a record as ``records.h`` reads it."""
    return struct.pack("!BH", head, len(packet)) + packet


def _srtp_seeds() -> Iterator[bytes]:
    report = _rtcp(200, bytes(range(24)))
    for profile in range(6):
        for mki in (0, 0x80):
            sent = (0x40, 0x40, 0x61, 0x00)
            yield bytes([mki | profile]) + b"".join(
                _shared(head, _rtp(n, n * 160, bytes(20), extension=LEVEL if n % 2 else b""))
                + _shared(0x80 | head, report)
                for n, head in enumerate(sent)
            )


_STUN = bytes.fromhex("000100002112a442") + bytes(12)
_HELLO = bytes.fromhex("16feff0000000000000000002e") + bytes(46)


def _mux_seeds() -> Iterator[bytes]:
    audio = _rtp(1, 160, bytes(20))
    bind, unbind = 2 << 2, 3 << 2
    yield b"".join(_shared(0, packet) for packet in (_STUN, _HELLO, audio, b"\x40", b""))
    yield (
        _shared(bind, b"") + _shared(0, audio) + _shared(1, audio) + _shared(unbind, b"") + _shared(0, audio)
    )
    yield b"".join(_shared(bind | 1 << 4 | n, b"") + _shared(n, _rtcp(201, bytes(4))) for n in range(4))


def _ice_tcp_seeds() -> Iterator[bytes]:
    def framed(packet: bytes) -> bytes:
        return struct.pack("!H", len(packet)) + packet

    audio = framed(_rtp(1, 160, bytes(20)))
    yield _shared(1, framed(_STUN)) + _shared(0, framed(_HELLO) + audio + framed(b"") + audio)
    whole = framed(_STUN)
    yield b"".join(_shared(n % 5 == 0, whole[n : n + 3]) for n in range(0, len(whole), 3))
    yield _shared(0, audio)
    yield _shared(0, struct.pack("!H", 2049))


def _port_seeds() -> Iterator[bytes]:
    talk = b"".join(_shared(1 << 3, _rtp(n, n * 160, bytes(20))) for n in range(6))
    strange = b"".join(_shared(3, _rtp(n, n * 160, bytes(20))) for n in range(4))
    report = _rtcp(200, bytes(range(48)), 1) + _rtcp(202, bytes(4) + b"\x01\x04name\x00\x00", 1)
    yield talk + strange
    yield strange + talk + _shared(0x04, report) + _shared(3 | 0x04, report)
    yield (
        b"".join(_shared(2, _rtp(n, n * 160, bytes(20))) for n in range(6))
        + _shared(0x1F << 3, b"") * 6
        + strange
    )
    yield b"".join(_shared(1 << 3, _rtp(n, 0, _event(3, 160 * n, n > LAST_UPDATE), 101)) for n in range(8))


def main() -> None:
    """Write every seed; the same bytes every time."""
    seeds = {
        "rtp": _rtp_seeds,
        "rtcp": _rtcp_seeds,
        "dtmf": _dtmf_seeds,
        "receiver": _receiver_seeds,
        "jbuf": _jbuf_seeds,
        "srtp": _srtp_seeds,
        "mux": _mux_seeds,
        "ice_tcp": _ice_tcp_seeds,
        "port": _port_seeds,
    }
    for target, make in seeds.items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for n, seed in enumerate(make()):
            (folder / f"seed-{n}").write_bytes(seed)


if __name__ == "__main__":
    main()
