"""Player: plays audio to one participant or to a room, and waits for its end."""

from collections import Counter
from typing import Final

from mixminus.clock import Clock
from mixminus.mixer import Bridge, BridgePort, Engine, Playout
from mixminus.mixer.sounds import Pcm
from mixminus.sound.errors import PlaybackStalled
from mixminus.sound.source import Source

__all__ = ["Player", "rate_for"]

_RING_S: Final = 4
_AHEAD_S: Final = 2.0
"""Written ahead: longer than any pause of the decoder or the event loop."""
_POLL_S: Final = 0.5
_MIN_WAIT_S: Final = 0.02
_STALL_S: Final = 10.0
"""Time without progress before a leg counts as stalled."""
_NARROW_HZ: Final = 8000
_WIDE_HZ: Final = 16_000


def rate_for(place: BridgePort | Bridge) -> int:
    """Return the sample rate for sounds there: 8 kHz for a narrow-band room, else 16 kHz."""
    bridge = place.bridge if isinstance(place, BridgePort) else place
    return _NARROW_HZ if bridge and bridge.sample_rate_hz <= _NARROW_HZ else _WIDE_HZ


class Player:
    """Keeps a playout filled until all of it was played."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self.counters: Counter[str] = Counter({"sound.played": 0, "sound.underruns": 0, "sound.stalled": 0})

    async def play(self, port: BridgePort, source: Source) -> None:
        """Play to one participant, to the end; cancelling stops at once. Closes the source.

        Raises PortClosed when the participant hangs up, PlaybackStalled when its leg consumes no audio.
        """
        try:
            with self._engine.open_playout(source.sample_rate_hz, seconds=_RING_S) as playout:
                port.play(playout)
                await self._feed(source, playout)
        finally:
            await source.close()

    async def play_to_room(self, bridge: Bridge, source: Source) -> None:
        """Play to all ports of a bridge, to the end or until the bridge closes. Closes the source."""
        try:
            with bridge.open_playout(source.sample_rate_hz, seconds=_RING_S) as playout:
                await self._feed(source, playout)
        finally:
            await source.close()

    async def _feed(self, source: Source, playout: Playout) -> None:
        begun = False
        while (piece := await source.read()) is not None:
            if begun and not playout.pending and not playout.closed:
                self.counters["sound.underruns"] += 1
            await self._write(playout, piece)
            begun = begun or bool(playout.pending)
        playout.finish()
        await self._drain(playout)
        self.counters["sound.played"] += 1

    async def _write(self, playout: Playout, piece: Pcm) -> None:
        ahead = round(_AHEAD_S * playout.sample_rate_hz)
        while len(piece):
            room = ahead - playout.pending
            piece = piece[playout.write(piece[:room]) :] if room > 0 else piece
            if len(piece):
                await self._wait_played(playout, _POLL_S)

    async def _drain(self, playout: Playout) -> None:
        while not playout.done:
            await self._wait_played(playout, max(playout.pending / playout.sample_rate_hz, _MIN_WAIT_S))

    async def _wait_played(self, playout: Playout, seconds: float) -> None:
        """Wait until some of it was played."""
        before, begun_s = playout.pending, self._clock.monotonic_s()
        await self._clock.sleep(seconds)
        if playout.closed:
            raise PlaybackStalled("the room closed")
        while playout.pending == before and not playout.done:
            if self._clock.monotonic_s() - begun_s > _STALL_S:
                self.counters["sound.stalled"] += 1
                raise PlaybackStalled("the leg consumes no audio")
            await self._clock.sleep(_POLL_S)
