"""Place tapped audio: at which sample of the files it goes (SampleClock), and into which track (Layout).

A pause in ``silence`` mode lasts in the files; a pause in ``cut`` mode does not:

    tap    0 ........ 100 ....... 150 ....... 200 ........
    mode   recording  | silence   | cut       | recording
    file   0 ........ 100 ....... 150 150 ... 150 ........

The first track is the recording itself; stems are additional tracks of the same length. Left and right add up
to the mix, and so do the stems, to the sample, wherever nothing exceeds full scale.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import HEARD, MIX, TapRecord, is_playout
from mixminus.model.recording import PauseMode

__all__ = ["MAIN", "MAX_STEMS", "CallLayout", "Layout", "RoomLayout", "SampleClock", "place"]

Pcm = NDArray[np.int16]
Lines = Mapping[int, Pcm]

MAIN: Final = "mix"
OTHERS: Final = "others"
CALLER: Final = "caller"
MAX_STEMS: Final = 64
"""Additional tracks of one recording; participants beyond the limit share one."""
_FIRST_PLAYOUT: Final = 0xFFFF_FF00


@dataclass(frozen=True, slots=True)
class _Span:
    tap: int
    file: int
    mode: PauseMode


class SampleClock:
    """Maps samples of the tap to samples of the files; a span begins where the mode changed."""

    def __init__(self) -> None:
        self._spans = [_Span(0, 0, PauseMode.NONE)]

    @property
    def mode(self) -> PauseMode:
        """The pause mode since the last mark."""
        return self._spans[-1].mode

    def mark(self, tap_sample: int, mode: PauseMode) -> None:
        """Change the mode from this sample of the tap on; call in order."""
        self._spans.append(_Span(tap_sample, self.file_sample(tap_sample), mode))

    def file_sample(self, tap_sample: int) -> int:
        """Return the file sample of a tap sample, or, if it is cut out, of the cut."""
        span = self._spans[self._at(tap_sample)]
        return span.file if span.mode is PauseMode.CUT else span.file + tap_sample - span.tap

    def running(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield recorded ranges of the tap as (begin, end, begin in the files)."""
        for index in range(self._at(begin), len(self._spans)):
            span = self._spans[index]
            until = self._spans[index + 1].tap if index + 1 < len(self._spans) else end
            low, high = max(begin, span.tap), min(end, until)
            if low < high and span.mode is PauseMode.NONE:
                yield low, high, span.file + low - span.tap
            if until >= end:
                return

    def _at(self, tap_sample: int) -> int:
        return max(bisect_right(self._spans, tap_sample, key=lambda span: span.tap) - 1, 0)


def place(records: Iterable[TapRecord], clock: SampleClock, begin: int, end: int) -> dict[int, Pcm]:
    """Return each port's audio in the file range of two tap samples; gaps are silence."""
    first = clock.file_sample(begin)
    size = clock.file_sample(end) - first
    lines: dict[int, Pcm] = {}
    for record in records:
        if record.port_id not in lines:
            lines[record.port_id] = np.zeros(size, np.int16)
        low, high = max(begin, record.first_sample), min(end, record.first_sample + record.pcm.size)
        for from_, to, at in clock.running(low, high):
            piece = record.pcm[from_ - record.first_sample : to - record.first_sample]
            lines[record.port_id][at - first : at - first + piece.size] = piece
    return lines


class Layout(Protocol):
    """Turns audio by port into tracks."""

    channels: int
    """Channels of the first track."""

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        """Return every track with audio, the first one always; stereo has the shape (samples, 2)."""
        ...


class RoomLayout:
    """A room: the mix, or stereo with the first participant left and all others right.

    With one stem for each audible port.
    """

    def __init__(self, *, channels: int, stems: bool) -> None:
        self.channels = channels
        self._stems = stems
        self._lead: int | None = None
        self._names: dict[int, str] = {}

    def add_port(self, port_id: int) -> None:
        """Register a port; the first one gets the left channel for good."""
        if self._lead is None:
            self._lead = port_id

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        stems = {port_id: pcm for port_id, pcm in lines.items() if port_id != MIX}
        if self.channels == 1:
            found = {MAIN: lines.get(MIX, _silence(samples))}
        else:
            left = stems.get(self._lead if self._lead is not None else MIX, _silence(samples))
            right = _sum((pcm for port_id, pcm in stems.items() if port_id != self._lead), samples)
            found = {MAIN: np.column_stack((left, right))}
        return found | (self._named(stems, samples) if self._stems else {})

    def _named(self, stems: Lines, samples: int) -> dict[str, Pcm]:
        shares: dict[str, list[Pcm]] = {}
        for port_id, pcm in stems.items():
            if port_id not in self._names:
                self._names[port_id] = self._name(port_id)
            shares.setdefault(self._names[port_id], []).append(pcm)
        return {name: pcms[0] if len(pcms) == 1 else _sum(pcms, samples) for name, pcms in shares.items()}

    def _name(self, port_id: int) -> str:
        if len(self._names) >= MAX_STEMS - 1:
            return OTHERS
        return f"playout-{port_id - _FIRST_PLAYOUT}" if is_playout(port_id) else f"port-{port_id}"


class CallLayout:
    """A call: both directions mixed, or stereo with the caller left and what it hears right; a stem each."""

    def __init__(self, port_id: int, *, channels: int, stems: bool) -> None:
        self.channels = channels
        self._port_id = port_id
        self._stems = stems

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        said = lines.get(self._port_id, _silence(samples))
        heard = lines.get(HEARD, _silence(samples))
        main = lines.get(MIX, _silence(samples)) if self.channels == 1 else np.column_stack((said, heard))
        return {MAIN: main} | ({CALLER: said, OTHERS: heard} if self._stems else {})


def _silence(samples: int) -> Pcm:
    return np.zeros(samples, np.int16)


def _sum(pcms: Iterable[Pcm], samples: int) -> Pcm:
    total = np.zeros(samples, np.int32)
    for pcm in pcms:
        total += pcm
    return np.clip(total, -32768, 32767).astype(np.int16)
