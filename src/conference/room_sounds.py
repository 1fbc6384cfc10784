"""RoomSounds: the tones of rooms: entry and exit tones to all; music and ringback to one participant.

A playout is a bounded ring buffer; one task refills those of looped sounds while there are any. A sound
that cannot be played is counted and skipped: a failed sound never ends a call.
"""

from collections import Counter
from typing import Final, Protocol

from mixminus.clock import Clock
from mixminus.cluster.remote_port import RemotePort
from mixminus.errors import MixMinusError
from mixminus.log import task_failed
from mixminus.mixer import Bridge, BridgePort, Engine, Playout
from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, music, ringing
from mixminus.sound.library import HoldMusic
from mixminus.tasks import TaskScope

__all__ = ["Chimes", "Looped", "LoopedSound", "RoomSounds"]

_RING_S: Final = 4
_FILLED_S: Final = 3
_PERIOD_S: Final = 1.0
_MAX_CHIMES: Final = 4
"""Tones playing or queued in one room; when many participants join at once, further tones are dropped."""


class Looped(Protocol):
    """What repeats until it is closed, here or at the node that has the participant's leg."""

    def close(self) -> None:
        """Stop; closing twice is harmless."""
        ...


class LoopedSound:
    """Music or ringback, repeated to one participant until closed."""

    def __init__(self, playout: Playout, tune: HoldMusic) -> None:
        self.playout = playout
        self._tune = tune
        self._position = 0

    def fill(self) -> None:
        """Write audio until the playout holds ``_FILLED_S`` seconds."""
        pcm = self._tune.pcm
        missing = _FILLED_S * self._tune.sample_rate_hz - self.playout.pending
        while missing > 0:
            stretch = pcm[self._position : self._position + missing]
            self.playout.write(stretch)
            self._position = (self._position + len(stretch)) % len(pcm)
            missing -= len(stretch)

    def close(self) -> None:
        """Stop; closing twice is harmless."""
        self.playout.close()


class Chimes:
    """Plays entry and exit tones to one room; closing its bridge ends those still playing."""

    def __init__(self, bridge: Bridge, counters: Counter[str]) -> None:
        self._bridge = bridge
        self._counters = counters
        self._playing: list[Playout] = []

    def play(self, pcm: Pcm) -> None:
        """Play a short tone to all participants; with ``_MAX_CHIMES`` already queued it is dropped."""
        for playout in self._playing:
            if playout.done:
                playout.close()
        self._playing = [playout for playout in self._playing if not playout.closed]
        try:
            if len(self._playing) < _MAX_CHIMES:
                self._playing.append(_written(self._bridge.open_playout(SOUND_RATE_HZ, seconds=1), pcm))
            else:
                self._counters["ambience.chimes_dropped"] += 1
        except MixMinusError:
            self._counters["ambience.refused"] += 1


class RoomSounds:
    """Opens playouts for rooms and for single participants."""

    def __init__(self, engine: Engine, clock: Clock, tune: HoldMusic | None = None) -> None:
        self._engine = engine
        self._music = tune or HoldMusic(music())
        self._ringback = HoldMusic(ringing())
        self._clock = clock
        self._scope = TaskScope(task_failed("conference.sounds"))
        self._looped: list[LoopedSound] = []
        self.counters: Counter[str] = Counter({"ambience.chimes_dropped": 0, "ambience.refused": 0})

    def chimes(self, bridge: Bridge) -> Chimes:
        """Return the tone player of a room."""
        return Chimes(bridge, self.counters)

    def play_music(self, port: BridgePort) -> Looped:
        """Play music on hold to one participant until the returned sound is closed."""
        return port.loop("music") if isinstance(port, RemotePort) else self._play(port, self._music)

    def play_ringback(self, port: BridgePort) -> Looped:
        """Play the ringback tone to one participant until the returned sound is closed."""
        return port.loop("ringback") if isinstance(port, RemotePort) else self._play(port, self._ringback)

    async def close(self) -> None:
        """Stop all looped sounds; closing twice is harmless."""
        await self._scope.close()
        for sound in self._looped:
            sound.close()
        self._looped.clear()

    def _play(self, port: BridgePort, tune: HoldMusic) -> LoopedSound:
        sound = LoopedSound(self._engine.open_playout(tune.sample_rate_hz, seconds=_RING_S), tune)
        sound.fill()
        self._attach(port, sound.playout)
        self._looped.append(sound)
        if not len(self._scope):
            self._scope.spawn("looped sounds", self._refill())
        return sound

    def _attach(self, port: BridgePort, playout: Playout) -> None:
        try:
            port.play(playout)
        except MixMinusError:  # the call has just ended, or the engine is full
            self.counters["ambience.refused"] += 1

    async def _refill(self) -> None:
        while self._looped:
            await self._clock.sleep(_PERIOD_S)
            self._looped = [sound for sound in self._looped if not sound.playout.closed]
            for sound in self._looped:
                sound.fill()


def _written(playout: Playout, pcm: Pcm) -> Playout:
    playout.write(pcm)
    playout.finish()
    return playout
