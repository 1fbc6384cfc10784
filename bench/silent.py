"""Measure what a silent participant costs where it is levelled, or its noise suppressed: ``python -m bench.silent``.

Three talk, the others have the setting and say nothing; no network. A silent participant's share is the difference
between a room of 200 and one of four, per participant. The rooms without a setting, with levelling and with noise suppression
are ticked in turns in the same run, so that the load of the machine meets all; the talkers have no setting,
because what it costs them (``bench.noise``, ``bench.loudness``) is a thousand times a silent participant's share.
"""

import argparse
import os
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support.bridge import Participant, Room
from tests.support.codec import Format
from tests.support.signals import speech_like

from bench.mixing import FORMATS

TALKERS = 3
FEW = 1
TICKS = 40
ROUNDS = 100
OFF, LEVELLED, SUPPRESSED = "off", "levelled", "suppressed"


@dataclass(frozen=True, slots=True)
class Case:
    """A room, and the CPU time of its ticks in us."""

    room: Room
    talkers: list[Participant]
    wire: Format
    ticks_us: list[float]

    @classmethod
    def of(cls, stack: ExitStack, setting: str, silent: int, wire: Format) -> "Case":
        rate_hz = wire.sample_rate_hz
        room = stack.enter_context(Room(max_talkers=8, max_members=TALKERS + silent))
        talkers = [room.enter(speaks_hz=rate_hz, hears=wire) for _ in range(TALKERS)]
        for _ in range(silent):
            participant = room.enter(speaks_hz=rate_hz, hears=wire)
            participant.set_levelled(setting == LEVELLED)
            participant.set_suppressed(setting == SUPPRESSED)
        return cls(room, talkers, wire, [])

    def turn(self) -> None:
        """Run some ticks while the talkers talk."""
        speech = speech_like(self.wire.sample_rate_hz, self.wire.sample_rate_hz // 50 * TICKS)
        for talker in self.talkers:
            talker.say(speech)
        for _ in range(TICKS):
            begin = time.thread_time_ns()
            self.room.tick()
            self.ticks_us.append((time.thread_time_ns() - begin) / 1000)


def shares_us(participants: int, wire: Format, rounds: int) -> dict[str, float]:
    """Return a silent participant's share of a tick by setting: the medians of what ticks with the same speech differ by."""
    with ExitStack() as stack:
        pairs = {
            setting: [Case.of(stack, setting, silent, wire) for silent in (FEW, participants - TALKERS)]
            for setting in (OFF, LEVELLED, SUPPRESSED)
        }
        for number in range(rounds):
            for pair in pairs.values():
                for case in pair if number % 2 else reversed(pair):
                    case.turn()
    more = participants - TALKERS - FEW
    return {
        setting: statistics.median(
            (all_us - few_us) / more for few_us, all_us in zip(few.ticks_us, many.ticks_us, strict=True)
        )
        for setting, (few, many) in pairs.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("participants", nargs="?", type=int, default=200)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, wire in FORMATS.items():
        shares = shares_us(given.participants, wire, given.rounds)
        ratios = ", ".join(
            f"{setting} {share * 1000:.0f} ns ({share / shares[OFF]:.2f})"
            for setting, share in shares.items()
        )
        print(
            f"{name}, {given.participants} in the room, a silent participant's share of a tick: {ratios}",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
