"""What witnesses received: pauses and missing packets, by the kernel's time stamps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.support.raw_phone import RawPhone

__all__ = ["GAP_S", "Heard", "heard"]

GAP_S: Final = 0.060
"""A pause that a jitter buffer may not bridge."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The audio to all witnesses in a span of time."""

    seconds: float
    packets: int
    gaps: int
    """Pauses above ``GAP_S`` between two packets."""
    longest_gap_s: float
    missing: int
    """Sequence numbers that did not come."""

    def __str__(self) -> str:
        return (
            f"{self.packets} packets in {self.seconds:.0f} s, {self.missing} missing, "
            f"{self.gaps} gaps over {GAP_S * 1e3:.0f} ms, longest {self.longest_gap_s * 1e3:.0f} ms"
        )


def heard(phones: Sequence[RawPhone], since_s: float, until_s: float) -> Heard:
    """Return what the phones received between two times of the monotonic clock."""
    packets = gaps = missing = 0
    longest_s = 0.0
    for phone in phones:
        arrivals = [each for each in phone.arrivals if since_s <= each.at_s < until_s]
        packets += len(arrivals)
        for before, after in pairwise(arrivals):
            gaps += after.at_s - before.at_s > GAP_S
            longest_s = max(longest_s, after.at_s - before.at_s)
            missing += ((after.sequence_number - before.sequence_number) & 0xFFFF) - 1
        ends = (since_s, until_s) if not arrivals else (arrivals[-1].at_s, until_s)
        longest_s = max(longest_s, ends[1] - ends[0])
    return Heard(until_s - since_s, packets, gaps, longest_s, missing)
