"""Engine: the media plane, and the owner of every port, bridge, playout and mux."""

from collections.abc import Callable
from typing import Final, Protocol, Self, TypeVar

from mixminus.mixer import _engine
from mixminus.mixer.bridge import Bridge
from mixminus.mixer.config import EngineConfig
from mixminus.mixer.events import (
    DigitReceived,
    EngineEvent,
    FirstPacket,
    MediaResumed,
    MediaTimeout,
    RemoteChanged,
    TalkSpurtEnded,
    TalkSpurtStarted,
)
from mixminus.mixer.libraries import find_libraries
from mixminus.mixer.load import Load, Shed
from mixminus.mixer.mux import Mux
from mixminus.mixer.pcm_port import EncodedPort, PcmPort
from mixminus.mixer.playout import Playout
from mixminus.mixer.port import BridgePort, Port
from mixminus.mixer.trunk import Trunk
from mixminus.model.media import CodecFormat

__all__ = ["Engine"]


class _Closable(Protocol):
    def close(self) -> None: ...


_Owned = TypeVar("_Owned", bound=_Closable)

# by the names in native/engine/event.h
_PLAIN_EVENTS: Final[dict[str, Callable[[int, int], EngineEvent]]] = {
    "first_packet": FirstPacket,
    "media_timeout": MediaTimeout,
    "media_resumed": MediaResumed,
    "talk_spurt_started": TalkSpurtStarted,
    "talk_spurt_ended": TalkSpurtEnded,
}


def _event(raw: tuple[str, int, int, str, int, str, int]) -> EngineEvent:
    name, port_id, at_us, host, port, digit, duration_ms = raw
    if name == "digit_received":
        return DigitReceived(port_id, at_us, digit, duration_ms)
    if name == "remote_changed":
        return RemoteChanged(port_id, at_us, host, port)
    return _PLAIN_EVENTS[name](port_id, at_us)


class Engine:
    """The threads that receive, mix and send. Commands take effect between ticks.

    Events are queued in a ring.
    """

    def __init__(self, config: EngineConfig = EngineConfig()) -> None:  # noqa: B008 -- frozen
        self.config = config
        self._owned: dict[int, _Closable] = {}
        found = find_libraries(
            opus_path=config.opus_path, srtp_path=config.srtp_path, rnnoise_path=config.rnnoise_path
        )
        self.suppresses_noise = bool(found.rnnoise_path)
        """Whether ``Port.set_suppressed`` is available."""
        self._native = _engine.Engine(config, found.opus_path, found.srtp_path, found.rnnoise_path)

    def start(self) -> None:
        """Start the threads; does nothing for a manual engine or when already started."""
        self._native.start()

    def close(self) -> None:
        """Stop, and close everything the engine owns; closing twice is harmless."""
        for owned in reversed(tuple(self._owned.values())):
            owned.close()
        self._native.close()

    def fileno(self) -> int:
        """Return an eventfd that is readable while events are queued; -1 once closed."""
        return self._native.fileno()

    def events(self) -> list[EngineEvent]:
        """Return the events since the last call; an empty list once closed."""
        return [_event(raw) for raw in self._native.events()]

    def tick(self, count: int = 1) -> None:
        """Run ticks in the caller's thread, on a virtual clock.

        Raises Conflict unless the engine is manual.
        """
        self._native.tick(count)

    def counters(self) -> dict[str, int]:
        """Return the counters of ``native/engine/counters.h`` by name, summed over all ports."""
        return self._native.counters()

    def tick_lateness_us(self) -> dict[str, int]:
        """Return how late ticks started: p50, p99 (upper bounds of buckets), max, and the number of ticks."""
        return self._native.tick_lateness_us()

    def load(self) -> Load:
        """Return how busy the mixing threads are; always idle for a manual engine."""
        busiest, shed = self._native.load()
        return Load(busiest, Shed(shed))

    def open_bridge(self, *, max_talkers: int = 8) -> Bridge:
        """Open a bridge that sums the ``max_talkers`` loudest ports; 0 sums all."""
        return self._own(Bridge(self._native.open_bridge(max_talkers), self._open_playout, self._disown))

    def open_rtp_port(self) -> Port:
        """Open a port with its own pair of UDP sockets, RTP and RTCP."""
        native = self._native.open_rtp_port()
        return self._adopt(native, (self.config.rtp_host, native.local_port))

    def open_pcm_port(self, sample_rate_hz: int) -> PcmPort:
        """Open a port whose audio is written and read as PCM."""
        native = self._native.open_pcm_port(sample_rate_hz)
        return self._own(PcmPort(native, sample_rate_hz, self._disown))

    def open_encoded_port(self, codec_format: CodecFormat) -> EncodedPort:
        """Open a port that only hears, in Opus: it shares the encode of all ports with the same format and mix.

        Raises InvalidArgument for other codecs, Unavailable without libopus.
        """
        return self._own(EncodedPort(self._native.open_encoded_port(codec_format), self._disown))

    def open_playout(self, sample_rate_hz: int, *, seconds: int = 60) -> Playout:
        """Open a playout for ``Port.play``; ``Bridge.open_playout`` opens one for all ports."""
        return self._open_playout(sample_rate_hz, seconds)

    def open_mux(self, host: str, port: int) -> Mux:
        """Open a UDP socket that WebRTC ports share; port 0 chooses any free port."""
        return self._own(Mux(self._native.open_mux(host, port), host, self._adopt, self._disown))

    def open_trunk(self, host: str, port: int = 0, *, shard: int = 0, lanes: int = 64) -> Trunk:
        """Open the socket by which the bridges of a shard are linked to other engines; port 0 chooses any free port.

        ``lanes`` (up to 1,024) is how many talkers of other engines are heard at once, in all its rooms together.
        Raises InvalidArgument for a shard that is not there.
        """
        native = self._native.open_trunk(host, port, shard, lanes)
        return self._own(Trunk(native, host, shard, self._disown))

    def _open_playout(self, sample_rate_hz: int, seconds: int) -> Playout:
        native = self._native.open_playout(sample_rate_hz, seconds)
        return self._own(Playout(native, sample_rate_hz, self._disown))

    def _adopt(self, native: _engine.RtpPort, local: tuple[str, int]) -> Port:
        return self._own(Port(native, local, self._disown))

    def _own(self, owned: _Owned) -> _Owned:
        self._owned[id(owned)] = owned
        return owned

    def _disown(self, owned: BridgePort | Bridge | Playout | Mux | Trunk) -> None:
        self._owned.pop(id(owned), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
