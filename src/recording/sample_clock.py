"""SampleClock: where a moment of a tap lies in the files; a pause by silence counts, one by cutting does not.

tap    0 ........ 100 ....... 150 ....... 200 ........
mode   recording  | silence   | cut       | recording
file   0 ........ 100 ....... 150 150 ... 150 ........
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import TapRecord
from mixminus.model.recording import PauseMode

__all__ = ["SampleClock", "place"]

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class _Span:
    tap: int
    file: int
    mode: PauseMode


class SampleClock:
    """Both clocks in samples; spans begin where the mode changed."""

    def __init__(self) -> None:
        self._spans = [_Span(0, 0, PauseMode.NONE)]

    @property
    def mode(self) -> PauseMode:
        """What holds from the last mark on."""
        return self._spans[-1].mode

    def mark(self, tap_sample: int, mode: PauseMode) -> None:
        """Let another mode hold from this sample of the tap on; marks come in order."""
        self._spans.append(_Span(tap_sample, self.file_sample(tap_sample), mode))

    def file_sample(self, tap_sample: int) -> int:
        """Return where a sample of the tap lies, or would if it were not cut out."""
        span = self._spans[self._at(tap_sample)]
        return span.file if span.mode is PauseMode.CUT else span.file + tap_sample - span.tap

    def running(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield the stretches of the tap that are recorded, each with where it lies in the files."""
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
    """Return each port's stretch of the files between two samples of the tap; where nothing came is silence."""
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
