"""Media packets as a peer sends them, and mutations of them; everything that is random comes from a seed."""

import random
import struct
from typing import Final

__all__ = ["Packets"]

_DTLS_RECORD: Final = struct.pack("!BHHIHH", 22, 0xFEFF, 0, 0, 0, 40)
_STUN_COOKIE: Final = bytes.fromhex("2112a442")
_LEVEL: Final = bytes.fromhex("bede000110a00000")


class Packets:
    """Makes one packet after the other, most of them mutated."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._number = 0

    def rtp(self) -> bytes:
        """Return PCMU, the next of its stream, or an event, or another payload type."""
        self._number += 1
        payload_type = self.chance.choice((0, 0, 0, 0, 101, 8, 111, 13, 127))
        payload = self.chance.randbytes(self.chance.choice((160, 160, 160, 4, 0, 1400)))
        extension = _LEVEL if self.chance.random() < 0.2 else b""
        return (
            struct.pack(
                "!BBHII",
                0x90 if extension else 0x80,
                payload_type,
                self._number & 0xFFFF,
                self._number * 160 & 0xFFFFFFFF,
                0x1234,
            )
            + extension
            + payload
        )

    def rtcp(self) -> bytes:
        """Return a compound: reports, descriptions, BYE, feedback."""
        parts = []
        for _ in range(self.chance.randrange(1, 4)):
            words = self.chance.randrange(0, 12)
            kind = self.chance.choice((200, 201, 202, 203, 204, 205, 206, 207))
            count = self.chance.randrange(32) if self.chance.random() < 0.2 else 1
            parts.append(struct.pack("!BBH", 0x80 | count, kind, words) + self.chance.randbytes(4 * words))
        return b"".join(parts)

    def stun(self) -> bytes:
        """Return a message of any method and class, with attributes that are not authenticated."""
        attributes = b"".join(
            struct.pack("!HH", self.chance.choice((6, 8, 32, 36, 37, 0x8022, 0x8028, 0x8029)), size)
            + self.chance.randbytes(-(-size // 4) * 4)
            for size in (self.chance.randrange(24) for _ in range(self.chance.randrange(5)))
        )
        kind = self.chance.choice((0x0001, 0x0101, 0x0111, 0x0011, 0x0003))
        return (
            struct.pack("!HH", kind, len(attributes)) + _STUN_COOKIE + self.chance.randbytes(12) + attributes
        )

    def dtls(self) -> bytes:
        """Return a record with a handshake message, an alert, or noise."""
        return _DTLS_RECORD + self.chance.randbytes(self.chance.choice((40, 12, 200)))

    def mutate(self, packet: bytes) -> bytes:
        """Return the packet with up to four mutations; one of six stays whole."""
        data = bytearray(packet)
        for _ in range(self.chance.choice((0, 1, 1, 1, 2, 4))):
            self._mutation(data)
        return bytes(data[:1472])

    def _mutation(self, data: bytearray) -> None:
        chance = self.chance
        place = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0 if place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                del data[place:]
            case 2:
                data[place:place] = chance.randbytes(chance.randrange(1, 32))
            case 3:
                del data[place : place + chance.randrange(1, 8)]
            case 4 if len(data) > 4:
                start = chance.randrange(len(data) - 1)
                data[start : start + 2] = chance.choice((b"\0\0", b"\xff\xff", b"\x7f\xff", b"\x80\0"))
            case _:
                data[:2] = chance.randbytes(2)
