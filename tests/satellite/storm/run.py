"""Run: one storm, from its seed."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.satellite.conftest import PATIENCE_S, eventually
from tests.satellite.storm.audit import audit, count_present
from tests.satellite.storm.crowd import Crowd
from tests.satellite.storm.faults import FAULTS, KEEP_CALLS, Fault
from tests.satellite.storm.site import Site
from tests.satellite.storm.watch import Watch
from tests.support.waiting import play_for

__all__ = ["Result", "storm"]

_ROOMS = 2
_AFTER_S = 2.0


@dataclass
class Result:
    """What has happened in a storm."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    events: int = 0
    claims: int = 0
    webhooks: int = 0
    gap_s: float = 0.0
    pairs: int = 0
    """Of phones that were measured during a fault."""
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"seed {self.seed}: {sum(self.faults.values())} faults {dict(self.faults)}",
            f"{sum(self.done.values())} acts {dict(sorted(self.done.items()))}",
            f"{self.events} events, {self.claims} claims, {self.webhooks} webhooks",
            f"longest gap {self.gap_s:.3f} s of {self.pairs} pairs of phones",
            *(f"BROKEN: {each}" for each in self.broken),
        ]
        return "\n".join(lines)


def storm(folder: Path, seed: int, seconds: float, say: Callable[[str], None] = lambda _: None) -> Result:
    """Let each fault come once, and then others until the time is over."""
    chance = random.Random(seed)
    result = Result(seed)
    with Site(folder) as site, ExitStack() as stack:
        watch = Watch(site, _ROOMS)
        crowd = Crowd(site, random.Random(chance.random()), watch.rooms)
        stack.callback(_drop, watch, crowd)
        watch.fill()
        until_s = time.monotonic() + seconds
        first = list(FAULTS)
        chance.shuffle(first)
        with crowd:
            while first or time.monotonic() < until_s:
                fault = first.pop() if first else chance.choices(list(FAULTS), list(FAULTS.values()))[0]
                say(f"{time.monotonic() - until_s + seconds:.0f} s: {fault.__name__}")
                _let(site, watch, fault, chance)
                result.faults[fault.__name__] += 1
        _end(site, watch, crowd)
        audit(site, [*watch.rooms, *crowd.rooms])
        result.done, result.broken = crowd.done, site.broken
        result.events = int(site.rows("SELECT count(*) FROM outbox")[0][0])
        result.claims = int(site.rows("SELECT count(*) FROM storm_homes WHERE epoch > 1")[0][0])
        result.webhooks = sum(map(len, site.hook.delivered.values()))
        result.gap_s, result.pairs = max(0.0, watch.gap_s), len(watch.gaps)
    return result


def _drop(watch: Watch, crowd: Crowd) -> None:
    for member in (*watch.members, *crowd.guests):
        member.drop()


def _let(site: Site, watch: Watch, fault: Fault, chance: random.Random) -> None:
    """Let one fault happen, see what it did to the phones, and let those call again that it has cost their call."""
    disturbed = fault(site, chance)
    play_for(_AFTER_S)
    if fault in KEEP_CALLS:
        for member in watch.members:
            if not member.lives:
                site.fault(f"{fault.__name__}: a phone at {member.start} was sent away from {member.room}")
    watch.look(fault.__name__, disturbed)
    watch.fill()


def _end(site: Site, watch: Watch, crowd: Crowd) -> None:
    """Compare who is in the rooms with the phones that are, and let all leave."""
    living = [*watch.members, *crowd.guests]

    def differ() -> bool:
        wanted = Counter(member.room for member in living if member.lives)
        return count_present(site) != dict(wanted)

    try:
        eventually(lambda: not differ(), timeout_s=2 * PATIENCE_S, what="who is in the rooms are the phones")
    except AssertionError:
        wanted = dict(Counter(member.room for member in living if member.lives))
        site.fault(f"in the rooms: {count_present(site)}, phones: {wanted}")
    for guest in crowd.guests:
        guest.end(site)
    crowd.guests.clear()
    watch.end()
