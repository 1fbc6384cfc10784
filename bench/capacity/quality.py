"""From counts and recordings to what the phones got: packets, gaps, delay."""

import bisect
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.capacity.codecs import CODECS, PACKET_MS
from bench.capacity.generator import Arrival, Counts
from bench.capacity.markers import find_marker, likeness
from bench.capacity.plan import Plan
from bench.capacity.results import Delay, Packets

__all__ = ["delay_of", "histogram_quantile", "lateness_ms", "packets_of", "quantile"]

LONGEST_MS: Final = 400.0
"""A marker is looked for so long; the next one of the same room follows after 500 ms."""
_END_MS: Final = 60.0


def quantile(values: Iterable[float], share: float) -> float:
    """Return the value below which a share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def histogram_quantile(counts: Counter[int], share: float) -> int:
    """Return the same of a histogram."""
    total, seen = sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen > share * total or seen == total:
            return value
    return 0


def packets_of(counts: Counts, arrivals: Sequence[Arrival], lasting: Container[int]) -> Packets:
    """Summarise what those phones got that were there before the measurement began and whose calls lasted until its end."""
    there = [phone for phone in counts.phones if phone.before and phone.phone in lasting]
    rates = [phone.received / counts.seconds for phone in there]
    gaps: Counter[int] = Counter()
    for phone in there:
        gaps.update(phone.gaps_ms)
    late = lateness_ms(arrivals)

    def over(ms: int) -> int:
        return sum(count for gap, count in gaps.items() if gap >= ms)

    return Packets(
        phones=len(there),
        per_s_min=min(rates, default=0.0),
        per_s_p1=quantile(rates, 0.01),
        per_s_median=quantile(rates, 0.5),
        lost=sum(phone.lost for phone in there),
        gap_p50_ms=histogram_quantile(gaps, 0.5),
        gap_p99_ms=histogram_quantile(gaps, 0.99),
        gap_max_ms=max((phone.gap_max_us for phone in there), default=0) / 1000,
        gaps_over_40_ms=over(40),
        gaps_over_60_ms=over(60),
        gaps_over_100_ms=over(100),
        phones_with_gap_over_60_ms=sum(phone.gap_max_us > 60_000 for phone in there),
        late_p50_ms=quantile(late, 0.5),
        late_p99_ms=quantile(late, 0.99),
        late_max_ms=max(late, default=0.0),
    )


def _by_phone(arrivals: Iterable[Arrival]) -> dict[int, list[Arrival]]:
    found: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        found[arrival.phone].append(arrival)
    return found


def lateness_ms(arrivals: Iterable[Arrival]) -> list[float]:
    """Return how much later each packet came than by a clock of 20 ms set by the phone's earliest packet.

    Packets are placed on that clock by their sequence numbers, so that a lost one does not shift the others.
    """
    late: list[float] = []
    for heard in _by_phone(arrivals).values():
        times = np.array([arrival.at_ns for arrival in heard], np.float64) / 1e6
        numbers = np.array([int.from_bytes(arrival.packet[2:4], "big") for arrival in heard], np.int64)
        offsets = times - np.unwrap(numbers, period=1 << 16) * PACKET_MS
        late += (offsets - offsets.min()).tolist()
    return late


def delay_of(plan: Plan, counts: Counts, arrivals: Sequence[Arrival]) -> Delay:
    """Find every marker that was sent in what each recorded phone of the same room heard."""
    delays: list[float] = []
    sent = 0
    marks: defaultdict[int, list[float]] = defaultdict(list)
    for phone, at_ns in counts.marks:
        marks[plan.room_of(phone)].append(at_ns / 1e6)
    for phone, heard in _by_phone(arrivals).items():
        times = [arrival.at_ns / 1e6 for arrival in heard]
        # What was sent too late to be heard before the end of the recording does not count as lost.
        expected = [
            at for at in marks[plan.room_of(phone)] if times[0] <= at <= times[-1] - LONGEST_MS - _END_MS
        ]
        sent += len(expected)
        delays += _delays(plan, heard, times, expected)
    return Delay(quantile(delays, 0.5), quantile(delays, 0.99), max(delays, default=0.0), sent, len(delays))


def _delays(
    plan: Plan, heard: Sequence[Arrival], times: Sequence[float], expected: Iterable[float]
) -> list[float]:
    codec = CODECS[plan.codec]
    size, per_ms = codec.packet_samples, codec.sample_rate_hz / 1000
    alike: npt.NDArray[np.float64] = likeness(
        codec.decode(arrival.payload for arrival in heard), codec.sample_rate_hz
    )
    found = []
    for at in expected:
        first = bisect.bisect_left(times, at)
        last = bisect.bisect_right(times, at + LONGEST_MS)
        sample = find_marker(alike, first * size, last * size)
        if sample is not None:
            # A sample is heard as long after its packet's arrival as it lies behind the packet's first.
            found.append(times[sample // size] + sample % size / per_ms - at)
    return found
