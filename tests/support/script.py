"""A room that follows a script, and beside it what the reference says that everybody should have heard."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mixminus.mixer.reference import glide, minus_one
from tests.support.bridge import Participant, Room

__all__ = ["FRAME", "LOOKAHEAD", "Script"]

RATE_HZ = 8000
FRAME = 160
LOOKAHEAD = 16
# Six people at +12 dB, each heard at +12 dB, stay below full scale: 6 * 16 * 300.
AMPLITUDE = 300
UNITY = 256

Pcm = npt.NDArray[np.int16]


@dataclass
class Moving:
    """A gain, where it was at the end of the last frame, and where it will be at the end of the next; Q8."""

    last: int = UNITY
    next: int = UNITY

    def frame(self) -> npt.NDArray[np.int64]:
        return glide(self.last, self.next, FRAME)

    def jump(self, gain: int) -> None:
        self.last = self.next = gain


@dataclass
class Person:
    """One stay of a participant: its knobs, what it heard, and what it should have heard."""

    participant: Participant
    mouth: bool
    gain: Moving = field(default_factory=Moving)
    hearing: Moving = field(default_factory=Moving)
    asked_gain: int = UNITY
    muted: bool = False
    ticked: bool = False
    spoke: bool = False
    heard: list[Pcm] = field(default_factory=list)
    due: list[Pcm] = field(default_factory=list)


class Script:
    """Everybody is summed (max_talkers 0), everybody at one rate."""

    def __init__(self, room: Room, *, mouthless: set[int]) -> None:
        self.room = room
        self.mouthless = mouthless
        self.invited: dict[int, Participant] = {}
        self.present: dict[int, Person] = {}
        self.gone: list[Person] = []
        self.hears: dict[tuple[int, int], Moving] = {}

    def apply(self, step: Sequence[object]) -> None:
        """One command, as the engine would give it between two ticks; nonsense is left out."""
        verb, who, *rest = step
        assert isinstance(who, int)
        if verb == "join":
            if who not in self.present:
                self._join(who)
        elif who in self.present:
            getattr(self, f"_{verb}")(who, *rest)

    def _join(self, who: int) -> None:
        mouth = who not in self.mouthless
        if who not in self.invited:
            self.invited[who] = self.room.invite(speaks_hz=RATE_HZ if mouth else None, hears=RATE_HZ)
        self.present[who] = Person(self.room.join(self.invited[who]), mouth)

    def _leave(self, who: int) -> None:
        person = self.present.pop(who)
        person.participant.leave()
        self.gone.append(person)
        self.hears = {pair: moving for pair, moving in self.hears.items() if who not in pair}

    def _gain(self, who: int, gain_q8: int) -> None:
        self.present[who].asked_gain = gain_q8
        self.present[who].participant.set_gain(gain_q8)
        self._regain(self.present[who])

    def _mute(self, who: int, muted: bool) -> None:
        self.present[who].muted = muted
        self.present[who].participant.set_muted(muted)
        self._regain(self.present[who])

    def _regain(self, person: Person) -> None:
        person.gain.next = 0 if person.muted else person.asked_gain
        if person.gain.next == 0 and not person.spoke:
            person.gain.jump(0)

    def _deafen(self, who: int, deafened: bool) -> None:
        person = self.present[who]
        person.participant.set_deafened(deafened)
        person.hearing.next = 0 if deafened else UNITY
        if not person.ticked:
            person.hearing.jump(person.hearing.next)

    def _hears(self, who: int, speaker: int, gain_q8: int) -> None:
        if speaker == who or speaker not in self.present:
            return
        self.present[who].participant.set_hears(self.present[speaker].participant, gain_q8)
        moving = self.hears.setdefault((who, speaker), Moving())
        moving.next = gain_q8
        if not (self.present[who].ticked and self.present[speaker].spoke):
            moving.jump(gain_q8)

    def tick(self, seed: int) -> None:
        """Everybody with a mouth says noise, then kernel and reference are asked."""
        chance = np.random.default_rng(seed)
        frames = np.zeros((len(self.present), FRAME), np.int16)
        for row, person in enumerate(self.present.values()):
            if person.mouth:
                frames[row] = chance.integers(-AMPLITUDE, AMPLITUDE, FRAME)
                person.participant.say(frames[row])
        self.room.tick()
        if not self.present:
            return
        for person, due in zip(self.present.values(), self._due(frames), strict=True):
            person.heard.append(person.participant.heard_pcm)
            person.due.append(due)
            person.ticked = True
            person.spoke = person.mouth and person.gain.next > 0
            person.gain.jump(person.gain.next)
            person.hearing.jump(person.hearing.next)
        for moving in self.hears.values():
            moving.jump(moving.next)

    def _due(self, frames: Pcm) -> Pcm:
        people = self.present
        return minus_one(
            frames,
            np.array([person.gain.frame() for person in people.values()]),
            np.array([[self.hears.get((i, j), Moving()).frame() for j in people] for i in people]),
            np.array([person.hearing.frame() for person in people.values()]),
        )

    def check(self) -> None:
        """Bit for bit, delayed by the limiter's look-ahead, from each one's joining on."""
        for person in (*self.gone, *self.present.values()):
            if person.heard:
                heard = np.concatenate(person.heard)
                due = np.concatenate(person.due)
                assert np.array_equal(heard[LOOKAHEAD:], due[:-LOOKAHEAD])
