"""Ambience: what rooms play by themselves: chimes to everybody; beeps, music and ringing to one participant.

A playout is a bounded ring; one task keeps those of the music filled while there is any. A sound
is never worth a call: one that cannot be played is counted and left out.
"""

from collections import Counter
from typing import Final

from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.log import task_failed
from mixminus.mixer import Bridge, BridgePort, Engine, Playout
from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, music, ringing
from mixminus.sound.library import HoldMusic
from mixminus.tasks import TaskScope

__all__ = ["Ambience", "Chimes", "Music"]

_RING_S: Final = 4
_FILLED_S: Final = 3
_PERIOD_S: Final = 1.0
_MAX_CHIMES: Final = 4
"""Sounding or waiting in one room; who comes in a crowd is not rung in one by one."""


class Music:
    """Music, or what else begins again when it is over, for one participant, until closed."""

    def __init__(self, playout: Playout, tune: HoldMusic) -> None:
        self.playout = playout
        self._tune = tune
        self._position = 0

    def fill(self) -> None:
        """Write as much as is missing."""
        pcm = self._tune.pcm
        missing = _FILLED_S * self._tune.sample_rate_hz - self.playout.pending
        while missing > 0:
            stretch = pcm[self._position : self._position + missing]
            self.playout.write(stretch)
            self._position = (self._position + len(stretch)) % len(pcm)
            missing -= len(stretch)

    def close(self) -> None:
        """Fall silent; closing twice is harmless."""
        self.playout.close()


class Chimes:
    """The chimes of one room; its bridge closes what still sounds when it closes."""

    def __init__(self, bridge: Bridge, counters: Counter[str]) -> None:
        self._bridge = bridge
        self._counters = counters
        self._sounding: list[Playout] = []

    def ring(self, pcm: Pcm) -> None:
        """Let the whole room hear a short sound once; in a crowd of them it is dropped."""
        for playout in self._sounding:
            if playout.done:
                playout.close()
        self._sounding = [playout for playout in self._sounding if not playout.closed]
        try:
            if len(self._sounding) < _MAX_CHIMES:
                self._sounding.append(_written(self._bridge.open_playout(SOUND_RATE_HZ, seconds=1), pcm))
            else:
                self._counters["ambience.chimes_dropped"] += 1
        except MixMinusError:
            self._counters["ambience.refused"] += 1


class Ambience:
    """Opens playouts for rooms and participants."""

    def __init__(self, engine: Engine, clock: Clock, tune: HoldMusic | None = None) -> None:
        self._engine = engine
        self._tune = tune or HoldMusic(music())
        self._ringing = HoldMusic(ringing())
        self._clock = clock
        self._scope = TaskScope(task_failed("ambience"))
        self._music: list[Music] = []
        self.counters: Counter[str] = Counter({"ambience.chimes_dropped": 0, "ambience.refused": 0})

    def chimes(self, bridge: Bridge) -> Chimes:
        return Chimes(bridge, self.counters)

    def tell(self, port: BridgePort, pcm: Pcm) -> Playout:
        """Let one participant hear a short sound; whoever asked for it closes the playout."""
        playout = _written(self._engine.open_playout(SOUND_RATE_HZ, seconds=1), pcm)
        self._attach(port, playout)
        return playout

    def play_music(self, port: BridgePort) -> Music:
        """Play music to one participant until it is closed."""
        return self._play(port, self._tune)

    def play_ringing(self, port: BridgePort) -> Music:
        """Let one participant hear, until it is closed, that it rings at the other end."""
        return self._play(port, self._ringing)

    async def close(self) -> None:
        """Stop all music; closing twice is harmless."""
        await self._scope.close()
        for playing in self._music:
            playing.close()
        self._music.clear()

    def _play(self, port: BridgePort, tune: HoldMusic) -> Music:
        playing = Music(self._engine.open_playout(tune.sample_rate_hz, seconds=_RING_S), tune)
        playing.fill()
        self._attach(port, playing.playout)
        self._music.append(playing)
        if not len(self._scope):
            self._scope.spawn("music", self._pump())
        return playing

    def _attach(self, port: BridgePort, playout: Playout) -> None:
        try:
            port.play(playout)
        except MixMinusError:  # it hangs up as we speak, or the engine is full
            self.counters["ambience.refused"] += 1

    async def _pump(self) -> None:
        while self._music:
            await self._clock.sleep(_PERIOD_S)
            self._music = [playing for playing in self._music if not playing.playout.closed]
            for playing in self._music:
                playing.fill()


def _written(playout: Playout, pcm: Pcm) -> Playout:
    playout.write(pcm)
    playout.finish()
    return playout
