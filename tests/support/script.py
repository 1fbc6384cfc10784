"""A bridge that follows a script, compared with a reference model of what each participant must hear."""

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mixminus.mixer import reference_dsp
from mixminus.mixer.reference import MixClass, glide, minus_one, mix_classes
from tests.support.bridge import Participant, Room
from tests.support.native import library

__all__ = ["Rates", "Script"]

# Six participants at +12 dB, each heard at +12 dB, stay below full scale: 6 * 16 * 300 and the overshoot.
AMPLITUDE = 250
UNITY = 256
TICKS_PER_SECOND = 50
LOOKAHEADS_PER_SECOND = 500

Pcm = npt.NDArray[np.int16]


class _Resampler(ctypes.Structure):
    """struct mm_resampler, up to the fields of its filter."""

    _fields_ = [
        ("from_hz", ctypes.c_uint32),
        ("to_hz", ctypes.c_uint32),
        ("up", ctypes.c_uint16),
        ("down", ctypes.c_uint16),
        ("taps_per_phase", ctypes.c_uint16),
        ("shift", ctypes.c_uint16),
        ("taps", ctypes.POINTER(ctypes.c_int16)),
        ("history", ctypes.c_int16 * 288),
    ]


@functools.cache
def _filter(from_hz: int, to_hz: int) -> tuple[npt.NDArray[np.int64], int, int, int]:
    resampler = _Resampler()
    assert library().mm_resampler_init(ctypes.byref(resampler), from_hz, to_hz) == 0
    taps = np.array(resampler.taps[: resampler.up * resampler.taps_per_phase], np.int64)
    return taps, resampler.up, resampler.down, resampler.shift


def resampled(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """Return a signal at another sample rate, by the reference model."""
    if from_hz == to_hz:
        return pcm
    taps, up, down, shift = _filter(from_hz, to_hz)
    return reference_dsp.resample(pcm, taps, up=up, down=down, shift=shift)


@dataclass(frozen=True)
class Rates:
    """The sample rates at which a participant sends (None: never) and receives."""

    speaks_hz: int | None
    hears_hz: int


@dataclass
class Moving:
    """A gain at the end of the last frame, and at the end of the next one; Q8."""

    last: int = UNITY
    next: int = UNITY

    def jump(self, gain: int) -> None:
        self.last = self.next = gain


@dataclass
class Member:
    """A participant from join to leave: its settings, what it heard, and what it should have heard."""

    participant: Participant
    rates: Rates
    gain: Moving = field(default_factory=Moving)
    hearing: Moving = field(default_factory=Moving)
    asked_gain: int = UNITY
    muted: bool = False
    spoke: bool = False
    said_last: Pcm | None = None
    heard: list[Pcm] = field(default_factory=list)
    due: list[Pcm] = field(default_factory=list)


class Script:
    """All participants are mixed (max_talkers 0); one that never leaves keeps the bridge at its sample rate."""

    def __init__(self, room: Room, rate_hz: int, all_rates: Sequence[Rates]) -> None:
        self.room = room
        self.rate_hz = rate_hz
        self.frame_samples = rate_hz // TICKS_PER_SECOND
        room.enter(speaks_hz=None, hears=rate_hz)
        self.members = [
            Member(room.invite(speaks_hz=rates.speaks_hz, hears=rates.hears_hz), rates) for rates in all_rates
        ]
        self.present: list[int] = []
        self.gone: list[Member] = []
        self.everything: list[Pcm] = []
        self.hears: dict[tuple[int, int], Moving] = {}

    def apply(self, step: Sequence[object]) -> None:
        """Apply one command, as the engine does between two ticks; impossible commands are skipped."""
        verb, who, *rest = step
        assert isinstance(who, int)
        if (verb == "join") != (who in self.present):
            getattr(self, f"_{verb}")(who, *rest)

    def _join(self, who: int) -> None:
        before = self.members[who]
        self.room.join(before.participant)
        self.members[who] = Member(before.participant, before.rates)
        self.present.append(who)

    def _leave(self, who: int) -> None:
        self.members[who].participant.leave()
        self.gone.append(self.members[who])
        self.present.remove(who)
        self.hears = {pair: moving for pair, moving in self.hears.items() if who not in pair}

    def _gain(self, who: int, gain_q8: int) -> None:
        self.members[who].asked_gain = gain_q8
        self.members[who].participant.set_gain(gain_q8)
        self._update_gain(self.members[who])

    def _mute(self, who: int, muted: bool) -> None:
        self.members[who].muted = muted
        self.members[who].participant.set_muted(muted)
        self._update_gain(self.members[who])

    def _update_gain(self, member: Member) -> None:
        member.gain.next = 0 if member.muted else member.asked_gain
        if member.gain.next == 0 and not member.spoke:
            member.gain.jump(0)

    def _deafen(self, who: int, deafened: bool) -> None:
        member = self.members[who]
        member.participant.set_deafened(deafened)
        member.hearing.next = 0 if deafened else UNITY
        if not member.heard:
            member.hearing.jump(member.hearing.next)

    def _hears(self, who: int, speaker: int, gain_q8: int) -> None:
        if speaker == who or speaker not in self.present:
            return
        self.members[who].participant.set_hears(self.members[speaker].participant, gain_q8)
        moving = self.hears.setdefault((who, speaker), Moving())
        moving.next = gain_q8
        if not (self.members[who].heard and self.members[speaker].spoke):
            moving.jump(gain_q8)

    def tick(self, seed: int) -> None:
        """Send noise from all participants that send, then run the engine and the reference model."""
        rng = np.random.default_rng(seed)
        frames = np.zeros((len(self.present) + 1, self.frame_samples), np.int16)
        for row, who in enumerate(self.present):
            frames[row] = self._say(self.members[who], rng)
        cells = self._cells()
        *due, everything = self._due(frames, cells)
        self._begin_streams(cells)
        self.room.tick()
        for who, mix in zip(self.present, due, strict=True):
            member = self.members[who]
            member.due.append(mix)
            member.heard.append(member.participant.heard_pcm)
            member.spoke = member.rates.speaks_hz is not None and member.gain.next > 0
            member.gain.jump(member.gain.next)
            member.hearing.jump(member.hearing.next)
        for moving in self.hears.values():
            moving.jump(moving.next)
        self.everything.append(everything)

    def _begin_streams(self, cells: npt.NDArray[np.int64]) -> None:
        """Continue a shared mix where it is; begin a separate stream with silence."""
        members = [self.members[who] for who in self.present]
        contributes = [p.rates.speaks_hz is not None and max(p.gain.last, p.gain.next) > 0 for p in members]
        deafened = [p.hearing.next == 0 for p in members]
        classes = mix_classes(np.array(contributes, bool), cells[:-1, :-1], np.array(deafened, bool))
        for member, mix_class in zip(members, classes, strict=True):
            if not member.heard:
                silence = [np.zeros_like(mix) for mix in self.everything]
                member.due = list(self.everything) if mix_class is MixClass.ALL else silence

    def _say(self, member: Member, rng: np.random.Generator) -> Pcm | int:
        rate_hz = member.rates.speaks_hz
        if rate_hz is None:
            return 0
        said = rng.integers(-AMPLITUDE, AMPLITUDE, rate_hz // TICKS_PER_SECOND).astype(np.int16)
        member.participant.say(said)
        # A participant that becomes audible begins with an empty filter, whose memory is shorter than a frame.
        before = member.said_last if member.spoke and member.said_last is not None else np.zeros_like(said)
        member.said_last = said
        return resampled(np.concatenate([before, said]), rate_hz, self.rate_hz)[-self.frame_samples :]

    def _cells(self) -> npt.NDArray[np.int64]:
        """Return who hears whom; the last row is a participant that sends and changes nothing."""
        steady = glide(UNITY, UNITY, self.frame_samples)
        cells = np.tile(steady, (len(self.present) + 1, len(self.present) + 1, 1))
        for (listener, speaker), moving in self.hears.items():
            gains = glide(moving.last, moving.next, self.frame_samples)
            cells[self.present.index(listener), self.present.index(speaker)] = gains
        return cells

    def _due(self, frames: Pcm, cells: npt.NDArray[np.int64]) -> Pcm:
        members = [self.members[who] for who in self.present]
        size = self.frame_samples
        steady = glide(UNITY, UNITY, size)
        gains = np.array([*(glide(p.gain.last, p.gain.next, size) for p in members), steady])
        hearing = np.array([*(glide(p.hearing.last, p.hearing.next, size) for p in members), steady])
        return minus_one(frames, gains, cells, hearing)

    def check(self) -> None:
        """Assert that each participant heard exactly what it should, delayed by the limiter's look-ahead."""
        lookahead = self.rate_hz // LOOKAHEADS_PER_SECOND
        for member in (*self.gone, *self.members):
            if member.heard:
                delayed = np.concatenate([np.zeros(lookahead, np.int16), *member.due])[:-lookahead]
                heard = np.concatenate(member.heard)
                due = resampled(delayed, self.rate_hz, member.rates.hears_hz)
                assert np.array_equal(heard, due[-len(heard) :])
