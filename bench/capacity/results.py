"""What a measurement found; dataclasses that become JSON as they are."""

from dataclasses import asdict, dataclass, field
from typing import Any

from bench.capacity.plan import AIMS, Aims, Plan

__all__ = ["Cost", "Delay", "Joins", "Line", "Memory", "Packets", "Window", "as_json"]


@dataclass(frozen=True, slots=True)
class Packets:
    """What the phones got whose calls were up all the time; gaps are between two packets to the same phone."""

    phones: int
    per_s_min: float
    per_s_p1: float
    per_s_median: float
    lost: int
    """Missing sequence numbers."""
    gap_p50_ms: float
    gap_p99_ms: float
    gap_max_ms: float
    gaps_over_40_ms: int
    gaps_over_60_ms: int
    gaps_over_100_ms: int
    phones_with_gap_over_60_ms: int
    late_p50_ms: float
    """Of a packet, behind a perfect 20 ms clock that runs from the earliest one; of the recorded phones."""
    late_p99_ms: float
    late_max_ms: float


@dataclass(frozen=True, slots=True)
class Delay:
    """Mouth to ear: from a marker's packet leaving one phone to the marker arriving at another."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    sent: int
    """Markers that a recorded phone had to hear."""
    heard: int


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time, in percent of one core; empty if the server's processes are not known."""

    server: dict[str, float]
    server_total: float
    waiting: dict[str, float]
    """How much of the time a role was runnable without a core."""
    generator: float
    server_us: float
    """For a packet in each direction."""
    generator_us: float
    ratio: float
    """Server to generator, for the same packets."""
    generator_late_p99_ms: float
    generator_late_max_ms: float
    tick_late_p99_ms: float | None
    """The server's own metric, since its start; a power of two of microseconds, rounded up."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Proportional set size."""

    by_role_mb: dict[str, float]
    total_mb: float
    idle_mb: float
    """Before the first call."""
    max_calls: int
    """For how many the server was started: it may keep processes ready for them."""
    per_call_mb: float
    """Of a server all of whose calls are up: idle memory shared by ``max_calls``, and the growth."""
    growth_per_call_mb: float


@dataclass(frozen=True, slots=True)
class Joins:
    """Calls set up, one after the other at a rate."""

    asked: int
    answered: int
    refused: dict[str, int]
    """By status; 408 is no answer within 32 s."""
    asked_per_s: float
    per_s: float
    """From the first INVITE to the last 200."""
    setup_p50_ms: float
    setup_p99_ms: float
    first_audio_p50_ms: float
    """From INVITE to the first packet of audio."""
    first_audio_p99_ms: float
    rest_s: float
    """From the last answer until the server had done everything for these calls, in steps of half a second; at most 20."""
    cpu_ms: float
    """For each call, of all the server's threads but mixing, from the first INVITE until the server is at rest again."""
    hung_up_by_server: int


@dataclass(frozen=True, slots=True)
class Window:
    """One measurement of one number of phones."""

    plan: Plan
    seconds: float
    packets: Packets
    delay: Delay
    cost: Cost
    memory: Memory | None
    joins: Joins
    load_average: float
    ended: int = 0
    """Calls that were up at the begin and not at the end."""

    def shortcomings(self, aims: Aims = AIMS) -> list[str]:
        """Return which aims are missed; none: the quality is good."""
        found = []
        if self.joins.answered < self.joins.asked:
            found.append(f"{self.joins.asked - self.joins.answered} calls not answered")
        if self.ended:
            found.append(f"{self.ended} calls ended")
        if (silent := self.plan.phones - self.ended - self.packets.phones) > 0:
            found.append(f"{silent} phones without audio")
        if self.packets.per_s_min < aims.packets_per_s:
            found.append(f"a phone got {self.packets.per_s_min:.1f} packets/s")
        if self.delay.p99_ms >= aims.delay_p99_ms:
            found.append(f"delay p99 {self.delay.p99_ms:.0f} ms")
        if self.delay.heard < aims.markers_heard * self.delay.sent:
            found.append(f"{self.delay.heard} of {self.delay.sent} markers heard")
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """The result of one mode, for one server."""

    mode: str
    server: str
    windows: list[Window] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    """What only this mode measures, by name with its unit."""
    notes: list[str] = field(default_factory=list)


def as_json(line: Line) -> dict[str, Any]:
    """Return a line with its verdicts, for JSON."""
    content = asdict(line)
    for shown, window in zip(content["windows"], line.windows, strict=True):
        shown["shortcomings"] = window.shortcomings()
    return content
