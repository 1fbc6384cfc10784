"""Witness: three phones that talk in a room during a fault; the sound that they receive is measured."""

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.signals import loudness_at
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

__all__ = ["MOST_GAP_S", "Seen", "Witness", "new_call_s"]

MOST_GAP_S: Final = 0.3
"""A pause between two packets of a phone that the busy machine of a test may make without any fault."""
_RATE_HZ: Final = 8000
_TONES_HZ: Final = (500.0, 800.0, 1200.0)
_HEARD_S: Final = 0.5
_LOUD, _QUIET = 1000.0, 300.0


@dataclass
class Seen:
    """What was measured while a block ran."""

    gap_s: float = 0.0
    """The longest pause between two RTP packets to one of the phones, by time stamps of the kernel."""
    packets: list[int] = field(default_factory=list)


class Witness:
    """A context manager: the phones are in ``room``, with a tone each."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stack = ExitStack()
        self.room = server.new_room()
        self.phones: list[RawPhone] = []

    def __enter__(self) -> Self:
        for frequency_hz in _TONES_HZ:
            phone = self._stack.enter_context(RawPhone(patience_s=20))
            phone.dial((self._server.host, self._server.sip_port), self.room)
            phone.talk(tone(frequency_hz, 1.0, sample_rate_hz=_RATE_HZ))
            self.phones.append(phone)
        self.joined = self._server.wait_for_participants(self.room, len(_TONES_HZ))
        play_for(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def watch(self) -> Iterator[Seen]:
        """Measure what the phones receive while the block runs."""
        seen = Seen()
        begun_s = time.monotonic()
        play_for(0.2)
        yield seen
        play_for(0.5)
        ended_s = time.monotonic()
        for phone in self.phones:
            # On a busy machine the phone reads late what the kernel has taken in time.
            with suppress(AssertionError):
                eventually(lambda phone=phone: phone.arrivals[-1].at_s > ended_s, what="all is read")  # type: ignore[misc]
            times = [each.at_s for each in phone.arrivals if begun_s < each.at_s < ended_s]
            seen.packets.append(len(times))
            ends = (begun_s, *times, ended_s)
            seen.gap_s = max(seen.gap_s, *(after - before for before, after in itertools.pairwise(ends)))

    def check(self) -> None:
        """Assert that no phone has left, and that each hears the two others and not itself."""
        eventually(
            lambda: self._server.participants(self.room) == self.joined, what="the three are in the room"
        )
        play_for(_HEARD_S + 0.5)
        for own_hz, phone in zip(_TONES_HZ, self.phones, strict=True):
            pcm = phone.heard(_HEARD_S)
            levels = {hz: loudness_at(pcm, hz, _RATE_HZ) for hz in _TONES_HZ}
            assert all((level > _LOUD) == (hz != own_hz) for hz, level in levels.items()), (own_hz, levels)
            assert levels[own_hz] < _QUIET, (own_hz, levels)


def new_call_s(server: Server, room: str, *, within_s: float = 32.0) -> float:
    """Call a room, with retransmissions, and again after a refusal; return after how many seconds it was answered."""
    begun_s = time.monotonic()
    while True:
        left_s = within_s - (time.monotonic() - begun_s)
        try:
            with RawPhone(patience_s=left_s) as phone:
                phone.dial((server.host, server.sip_port), room)
                return time.monotonic() - begun_s
        except AssertionError:
            assert time.monotonic() - begun_s < within_s, "every call was refused"
            play_for(0.5)
