"""Audio: what a media stream hears and says, without a network.

RoomAudio         hears all of a room, or all but one participant; all of the room hear it
ParticipantAudio  hears one participant of a room; all of the room hear it
CallAudio         hears a call, in rooms and outside of them; that call alone hears it
"""

from typing import Final, Protocol

import numpy as np

from mixminus.mixer import HEARD, MIX, Bridge, BridgePort, Engine, Tap
from mixminus.mixer.watch import PortChange
from mixminus.model.media_stream import CallListen
from mixminus.streams.framing import Pcm

__all__ = ["Audio", "CallAudio", "ParticipantAudio", "RoomAudio"]

_RING_S: Final = 10
"""Maximum audio written ahead; the excess is not accepted."""


class Audio(Protocol):
    """Mono PCM in both directions, at one rate."""

    @property
    def sample_rate_hz(self) -> int: ...

    @property
    def over(self) -> bool:
        """Whether the room or call has ended."""
        ...

    def read(self) -> Pcm:
        """Return the audio since the last call, silence included."""
        ...

    def write(self, pcm: Pcm) -> int:
        """Play; return the number of samples accepted."""
        ...

    @property
    def pending(self) -> int:
        """Samples written and not played yet."""
        ...

    def clear(self) -> None:
        """Drop what was written and not played yet."""
        ...

    def close(self) -> None:
        """Stop reading and writing; closing twice is harmless."""
        ...


class RoomAudio:
    """A port without a network: it hears all others, or all but one, and all others hear it."""

    def __init__(
        self, engine: Engine, bridge: Bridge, sample_rate_hz: int, *, minus: BridgePort | None = None
    ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._minus = minus
        self._port = engine.open_pcm_port(sample_rate_hz)
        try:
            self._port.join(bridge)
            if minus is not None and minus.bridge is bridge:
                self._port.set_hears(minus, None)
        except BaseException:
            self._port.close()
            raise
        self._stop_watching = bridge.watchers.add(self._on_change)

    @property
    def over(self) -> bool:
        return self._port.closed or self._port.bridge is None

    def read(self) -> Pcm:
        return self._port.read()

    def write(self, pcm: Pcm) -> int:
        return 0 if self._port.closed else self._port.write(pcm)

    @property
    def pending(self) -> int:
        return 0 if self._port.closed else self._port.pending

    def clear(self) -> None:
        if not self._port.closed:
            self._port.clear()

    def close(self) -> None:
        self._stop_watching()
        self._port.close()

    def _on_change(self, change: PortChange) -> None:
        """Exclude the participant again when it comes back to the room."""
        if self._minus and not self._port.closed and change == PortChange(self._minus.id, "joined"):
            self._port.set_hears(self._minus, None)


class _Heard:
    """One stem of a port's tap as continuous audio."""

    def __init__(self, tap: Tap, stem: int) -> None:
        self._tap = tap
        self._stem = stem
        self._losses = 0

    def read(self) -> Pcm:
        records = self._tap.read()
        said = {each.first_sample: each.pcm for each in records if each.port_id == self._stem}
        # Every tick has a MIX record; silence has no record of its own.
        frames = [
            said.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
            for each in records
            if each.port_id == MIX
        ]
        return np.concatenate([np.empty(0, np.int16), *frames])

    def take_losses(self) -> int:
        losses, self._losses = self._tap.overruns - self._losses, self._tap.overruns
        return losses

    def close(self) -> None:
        self._tap.close()


class ParticipantAudio:
    """Hears one participant, and speaks to the whole room; it is over when that participant leaves the room."""

    def __init__(self, engine: Engine, bridge: Bridge, port: BridgePort, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._bridge = bridge
        self._participant = port
        self._speaks = RoomAudio(engine, bridge, sample_rate_hz)
        try:
            self._heard = _Heard(port.open_tap(sample_rate_hz), port.id)
        except BaseException:
            self._speaks.close()
            raise

    @property
    def over(self) -> bool:
        return self._speaks.over or self._participant.bridge is not self._bridge

    def read(self) -> Pcm:
        self._speaks.read()
        return self._heard.read()

    def write(self, pcm: Pcm) -> int:
        return self._speaks.write(pcm)

    @property
    def pending(self) -> int:
        return self._speaks.pending

    def clear(self) -> None:
        self._speaks.clear()

    def close(self) -> None:
        self._heard.close()
        self._speaks.close()


class CallAudio:
    """The audio of one call, in rooms and outside; what is written is heard by that call only."""

    def __init__(
        self,
        engine: Engine,
        port: BridgePort,
        sample_rate_hz: int,
        *,
        listen: CallListen = CallListen.IN,
        ring_s: int = _RING_S,
    ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._port = port
        stem = {CallListen.IN: port.id, CallListen.OUT: HEARD, CallListen.BOTH: MIX}[listen]
        self._playout = engine.open_playout(sample_rate_hz, seconds=ring_s)
        try:
            port.play(self._playout)
            self._heard = _Heard(port.open_tap(sample_rate_hz), stem)
        except BaseException:
            self._playout.close()
            raise

    @property
    def over(self) -> bool:
        return self._port.closed

    def read(self) -> Pcm:
        return self._heard.read()

    def write(self, pcm: Pcm) -> int:
        return self._playout.write(pcm)

    @property
    def pending(self) -> int:
        return self._playout.pending

    def clear(self) -> None:
        self._playout.clear()

    def take_losses(self) -> int:
        """Return the number of records lost since the last call because the reader was too slow."""
        return self._heard.take_losses()

    def close(self) -> None:
        self._playout.close()
        self._heard.close()
