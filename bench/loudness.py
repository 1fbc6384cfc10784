"""Measure what levelling costs: ``python -m bench.loudness``.

A bridge of eight who all talk, PCMU or Opus, each of them levelled or not; and a room of 200 of whom three talk. No
network. The costs of both kinds of ticks are measured in turns, so that the load of the machine meets both.
"""

import os
import statistics
import time
from dataclasses import dataclass

import numpy as np
from tests.support.bridge import Participant, Room
from tests.support.codec import Format
from tests.support.loudness import talk

from bench.mixing import FORMATS

TICKS = 40
ROUNDS = 25
TALKERS = 8
LARGE_ROOM = 200
TALKERS_OF_LARGE_ROOM = 3
LEVEL_DBOV = -36.0


@dataclass
class Bench:
    """A room in which the first ``talkers`` talk."""

    room: Room
    members: list[Participant]
    talkers: int
    speech: np.ndarray

    @classmethod
    def of(cls, members: int, talkers: int, wire: Format, *, levelled: bool) -> "Bench":
        rate_hz = wire.sample_rate_hz
        room = Room(max_talkers=8, max_members=members)
        entered = [room.enter(speaks_hz=rate_hz, hears=wire) for _ in range(members)]
        for member in entered:
            member.set_levelled(levelled)
        return cls(room, entered, talkers, talk(rate_hz, ROUNDS * TICKS / 50, LEVEL_DBOV))

    def tick_us(self, turn: int) -> float:
        """CPU time of a tick."""
        part = len(self.speech) // ROUNDS
        for member in self.members[: self.talkers]:
            member.say(self.speech[turn * part : (turn + 1) * part])
        begin = time.thread_time_ns()
        for _ in range(TICKS):
            self.room.tick()
        return (time.thread_time_ns() - begin) / TICKS / 1000

    def close(self) -> None:
        self.room.__exit__(None, None, None)


def compare(members: int, talkers: int, wire: Format) -> tuple[float, float]:
    """Median CPU time of a tick without and with levelling, in us."""
    benches = [Bench.of(members, talkers, wire, levelled=levelled) for levelled in (False, True)]
    readings = [[bench.tick_us(turn) for bench in benches] for turn in range(ROUNDS)]
    for bench in benches:
        bench.close()
    off, on = (statistics.median(column) for column in zip(*readings, strict=True))
    return off, on


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, wire in FORMATS.items():
        off, on = compare(TALKERS, TALKERS, wire)
        print(f"{name}: {TALKERS} talk: {off:.0f} us a tick, levelled {on:.0f}", end="; ")
        print(
            f"a talker {off / TALKERS:.1f} us, levelling {(on - off) / TALKERS:.2f} us ({(on - off) / off:.1%})"
        )
        off, on = compare(LARGE_ROOM, TALKERS_OF_LARGE_ROOM, wire)
        print(f"{name}: room of {LARGE_ROOM}: {off:.0f} us a tick, levelled {on:.0f} ({on / off - 1:+.1%})")


if __name__ == "__main__":
    main()
