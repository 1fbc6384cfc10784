"""Write native/dsp/resample_tables.c: Kaiser-windowed sinc filters, phase by phase, as 16-bit integers.

Run from the root of the repository: python native/dsp/make_resample_tables.py
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

TAPS_PER_LOWER_SAMPLE = 48
CUTOFF = 0.47  # of the lower rate; half-way between passband (0.43) and stopband (0.525)
KAISER_BETA = 7.5  # sidelobes at -75 dB; the rounding of taps raises them to -70 dB
RATIOS = [(2, 1), (3, 1), (4, 1), (6, 1), (1, 2), (1, 3), (1, 4), (1, 6), (3, 2), (2, 3), (4, 3), (3, 4)]
BLOCK_TAPS = 24  # MM_RESAMPLE_BLOCK_TAPS
SUM_LIMIT = 1 << 16  # of the magnitudes in a block: times 16-bit samples, its sum then fits 32 bits
TAPS_PER_LINE = 9

HEADER = """\
/* resample_tables.c -- made by native/dsp/make_resample_tables.py.
 *
 * Kaiser-windowed sinc, phase after phase, each reversed so that it meets
 * samples oldest first. Every phase sums to exactly 1 (Q15; Q16 for 1/6,
 * whose taps are the smallest): a constant stays itself.
 */
#include "dsp/resample_tables.h"
"""


def prototype(factor: int) -> npt.NDArray[np.float64]:
    """Return the low-pass at `factor` times the lower rate; symmetric about a sample, so the first tap is 0."""
    length = TAPS_PER_LOWER_SAMPLE * factor
    at = np.arange(1, length) - length / 2
    taps = 2 * CUTOFF / factor * np.sinc(2 * CUTOFF / factor * at) * np.kaiser(length - 1, KAISER_BETA)
    return np.concatenate([[0.0], taps])


def whole_blocks(taps: npt.NDArray[np.float64], up: int) -> npt.NDArray[np.float64]:
    """Append zeros, taps of the oldest samples, until every phase is a whole number of blocks."""
    return np.concatenate([taps, np.zeros(-len(taps) % (up * BLOCK_TAPS))])


def phases(up: int, down: int) -> npt.NDArray[np.int64]:
    """Return the filter of a ratio as one row of integers a phase."""
    one = 1 << (15 if (up, down) != (1, 6) else 16)
    rows = whole_blocks(prototype(max(up, down)), up).reshape(-1, up).T[:, ::-1]
    rows = rows / rows.sum(axis=1, keepdims=True) * one
    rounded = np.floor(rows).astype(np.int64)
    for row, exact in zip(rounded, rows, strict=True):
        largest_remainders = np.argsort(row - exact, kind="stable")[: one - row.sum()]
        row[largest_remainders] += 1
    assert np.abs(rounded).max() < 1 << 15
    assert np.abs(rounded).reshape(-1, BLOCK_TAPS).sum(axis=1).max() < SUM_LIMIT
    return rounded


def table(up: int, down: int) -> str:
    """Return one ratio's rows as a C array."""
    taps = [str(tap) for tap in phases(up, down).ravel()]
    lines = [", ".join(taps[at : at + TAPS_PER_LINE]) for at in range(0, len(taps), TAPS_PER_LINE)]
    body = "".join(f"\t{line},\n" for line in lines)
    return f"\nconst int16_t mm_resample_taps_{up}_{down}[{len(taps)}] = {{\n{body}}};\n"


def main() -> None:
    """Write the table file beside the other sources."""
    target = Path(__file__).resolve().with_name("resample_tables.c")
    target.write_text(HEADER + "".join(table(up, down) for up, down in RATIOS))


if __name__ == "__main__":
    main()
