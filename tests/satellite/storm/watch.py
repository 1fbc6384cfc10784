"""Watch: phones that no one sends away, one at each node in each of some rooms, and what they hear of each other."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.satellite.conftest import eventually
from tests.satellite.storm.members import Member, call
from tests.satellite.storm.site import Node, Site
from tests.support.gaps import AUDIBLE_DB, RATE_HZ, longest_silence_s, received
from tests.support.tones import TONES_HZ, level_db

__all__ = ["Watch"]

_HEARD_S: Final = 1.0
_MOST_GAP_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Gap:
    """The longest time for which one did not hear another."""

    seconds: float
    late_s: float
    """By how much the other phone was late itself."""
    what: str


class Watch:
    """The phones, and the longest gap between two whose nodes nothing has happened to."""

    def __init__(self, site: Site, rooms: int) -> None:
        self._site = site
        self.rooms = [
            site.nodes[number % len(site.nodes)].server.new_room(name="steady") for number in range(rooms)
        ]
        self.members: list[Member] = []
        self.gaps: list[Gap] = []

    @property
    def gap_s(self) -> float:
        """The longest gap, without what a phone was late itself."""
        return max((gap.seconds - gap.late_s for gap in self.gaps), default=0.0)

    def fill(self) -> None:
        """Let phones call that are missing, and wait until all hear each other; from then on each gap counts."""
        for room, node in itertools.product(self.rooms, self._site.nodes):
            if not any(each.room == room and each.node is node for each in self.members):
                self.members.append(self._call(room, node))
        for one, other in self._pairs():
            eventually(
                lambda one=one, other=other: self._hears(one, other),  # type: ignore[misc]
                what=f"{one.start} hears {other.start} in {one.room}",
            )
        for member in self.members:
            del member.phone.arrivals[:-50]
            member.since, member.phone.late_s = len(member.phone.arrivals), 0.0

    def _call(self, room: str, node: Node) -> Member:
        hz = TONES_HZ[self._site.nodes.index(node)]
        return eventually(lambda: call(node, room, hz), what=f"{node.name} takes a call to {room}")

    def look(self, what: str, disturbed: Sequence[Node]) -> None:
        """Measure what phones at the other nodes have heard since ``fill``, during ``what``."""
        for member in [each for each in self.members if not each.lives]:
            if member.node not in disturbed:
                self._site.fault(f"{what}: a phone at {member.start} was sent away from {member.room}")
            member.end(self._site)
            self.members.remove(member)
        for one, other in self._pairs():
            if one.node in disturbed or other.node in disturbed:
                continue
            seconds = longest_silence_s(received(one.phone.arrivals[one.since :]), other.hz)
            gap = Gap(seconds, other.phone.late_s, f"{what}: {one.start} hears {other.start} in {one.room}")
            self.gaps.append(gap)
            if seconds > _MOST_GAP_S + other.phone.late_s:
                self._site.fault(f"{gap.what}: silence for {seconds:.2f} s, sent {gap.late_s:.2f} s late")

    def end(self) -> None:
        """Hang up."""
        for member in self.members:
            member.end(self._site)
        self.members.clear()

    def _pairs(self) -> Iterator[tuple[Member, Member]]:
        pairs = itertools.permutations(self.members, 2)
        return ((one, other) for one, other in pairs if one.room == other.room)

    def _hears(self, one: Member, other: Member) -> bool:
        if len(one.phone.arrivals) < _HEARD_S * 50:
            return False
        return level_db(one.phone.heard(_HEARD_S), other.hz, sample_rate_hz=RATE_HZ) > AUDIBLE_DB
