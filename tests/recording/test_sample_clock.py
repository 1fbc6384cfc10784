"""SampleClock and place: where samples of the tap are in the files, with pauses."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixminus.mixer import TapRecord
from mixminus.model.recording import PauseMode
from mixminus.recording.layout import SampleClock, place

FRAME = 20
MODES = st.sampled_from(list(PauseMode))


def records(begin: int, end: int) -> list[TapRecord]:
    """A ramp: each sample's value is its position."""
    return [
        TapRecord(at, 0, np.arange(at, at + FRAME, dtype=np.int16) + 1) for at in range(begin, end, FRAME)
    ]


def test_pause_as_silence_takes_time_and_cut_does_not() -> None:
    clock = SampleClock()
    clock.mark(100, PauseMode.SILENCE)
    clock.mark(160, PauseMode.CUT)
    clock.mark(200, PauseMode.NONE)
    assert [clock.file_sample(at) for at in (0, 99, 100, 159, 160, 199, 200, 300)] == [
        *(0, 99, 100, 159, 160, 160, 160, 260)
    ]
    line = place(records(0, 300), clock, 0, 300)[0]
    expected = np.concatenate((np.arange(1, 101), np.zeros(60), np.arange(201, 301)))
    assert np.array_equal(line, expected)


@given(st.lists(st.tuples(st.integers(1, 15), MODES), max_size=8), st.lists(st.integers(1, 30), max_size=6))
def test_place_does_not_depend_on_read_sizes(marks: list[tuple[int, PauseMode]], cuts: list[int]) -> None:
    """The files do not depend on how the tap is read, and are as long as the clock says."""
    clock, at = SampleClock(), 0
    modes = [PauseMode.NONE] * 60
    for frames, mode in marks:
        at += frames
        clock.mark(at * FRAME, mode)
        modes[at:] = [mode] * (60 - at)
    end = 60 * FRAME
    expected = [
        np.arange(i * FRAME, (i + 1) * FRAME) + 1 if mode is PauseMode.NONE else np.zeros(FRAME)
        for i, mode in enumerate(modes)
        if mode is not PauseMode.CUT
    ]
    edges = sorted({0, end, *(each * 2 * FRAME for each in cuts if each * 2 * FRAME < end)})
    whole = records(0, end)
    pieces = [place(whole, clock, low, high) for low, high in itertools.pairwise(edges)]
    sizes = [clock.file_sample(high) - clock.file_sample(low) for low, high in itertools.pairwise(edges)]
    line = np.concatenate([piece.get(0, np.zeros(size)) for piece, size in zip(pieces, sizes, strict=True)])
    assert np.array_equal(line, np.concatenate([*expected, np.zeros(0)]))


def test_missing_records_are_silence() -> None:
    line = place([*records(0, 40), *records(80, 100)], SampleClock(), 0, 100)[0]
    assert not line[40:80].any()
    assert line[80] == 81
