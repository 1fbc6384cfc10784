"""Port: a participant's place on a bridge, held until closed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from mixminus.errors import InvalidArgument
from mixminus.mixer.bridge import Bridge
from mixminus.mixer.formats import PortMedia
from mixminus.mixer.gains import gain_q8
from mixminus.mixer.playout import Playout
from mixminus.mixer.statistics import PortStatistics
from mixminus.mixer.tap import Tap
from mixminus.mixer.watch import PortChange, Watchers

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["BridgePort", "Port"]

_DIGITS = frozenset("0123456789*#ABCDabcd")


class BridgePort:
    """What every port can do, whatever carries its audio."""

    def __init__(self, native: "_engine.Port", on_close: Callable[["BridgePort"], None]) -> None:
        self._native = native
        self._on_close: Callable[[BridgePort], None] | None = on_close
        self._bridge: Bridge | None = None
        self._muted_by: set[str] = set()
        self._deafened_by: set[str] = set()
        self.watchers = Watchers()
        """Those who are told where it goes, and of its mute."""
        self.id: int = native.id
        """Names the port in events and in tap records; never used again by this engine."""

    @property
    def native(self) -> "_engine.Port":
        """The engine's own object, for the other files of this package."""
        return self._native

    @property
    def bridge(self) -> Bridge | None:
        """Where the port has joined."""
        return self._bridge

    @property
    def closed(self) -> bool:
        return self._on_close is None

    @property
    def muted(self) -> bool:
        """Whether anybody has muted it."""
        return bool(self._muted_by)

    def join(self, bridge: Bridge) -> None:
        """Take a place on a bridge, leaving any other."""
        self._native.join(bridge.native)
        self._part()
        self._bridge = bridge
        bridge.admit(self)
        self.watchers.tell(PortChange(self.id, "joined"))

    def leave(self) -> None:
        """Leave the bridge; the port stays open, and hears silence and its own playouts."""
        if self._bridge is not None:
            self._native.leave()
            self._part()

    def set_gain_db(self, gain_db: float) -> None:
        """Make the participant louder or softer for everybody; below -48 dB is silence."""
        self._native.set_gain(gain_q8(gain_db))

    def set_muted(self, muted: bool, *, by: str = "") -> None:
        """Choose whether the participant is heard; whom two have muted, both must unmute."""
        was_muted = self.muted
        self._native.set_muted(_held(self._muted_by, by, muted))
        if self.muted is not was_muted:
            change = PortChange(self.id, "muted" if self.muted else "unmuted")
            self.watchers.tell(change)
            if self._bridge is not None:
                self._bridge.watchers.tell(change)

    def set_deafened(self, deafened: bool, *, by: str = "") -> None:
        """Choose whether the participant hears the others; as ``set_muted`` counts who asks.

        What is played to it alone it hears all the same.
        """
        self._native.set_deafened(_held(self._deafened_by, by, deafened))

    def set_hears_itself(self, on: bool) -> None:
        """Choose whether the participant hears its own voice, as an echo does."""
        self._native.set_hears_itself(on)

    def set_hears(self, speaker: "BridgePort", gain_db: float | None) -> None:
        """Let this participant hear that one louder, softer or (None) not at all; 0 dB is as everybody does."""
        self._native.set_hears(speaker.native, 0 if gain_db is None else gain_q8(gain_db))

    def set_inband_dtmf(self, detect: bool, *, remove: bool = False) -> None:
        """Choose whether digits sent as tones (ITU-T Q.23) are received, and whether the others hear those tones.

        A digit that an RFC 4733 event has told as well is received once. PCM has no telephone behind it, and no tones.
        """
        self._native.set_inband(detect, remove)

    def play(self, playout: Playout) -> None:
        """Let only this participant hear a playout of ``Engine.open_playout``."""
        self._native.play(playout.native)

    def open_tap(self, sample_rate_hz: int = 16000, *, seconds: int = 10) -> Tap:
        """Listen to what the participant says and hears (HEARD), and to both together (MIX), wherever it is."""
        # The port does not own it: what was heard last can be read when the port is closed.
        return Tap(self._native.open_tap(sample_rate_hz, seconds), lambda _: None, sample_rate_hz)

    def statistics(self) -> PortStatistics:
        """Return the newest snapshot."""
        return PortStatistics(*self._native.statistics())

    def close(self) -> None:
        """Leave the bridge and give everything back; closing twice is harmless."""
        if self._on_close is not None:
            self._part()
            self._on_close(self)
            self._on_close = None
            self._native.close()

    def _part(self) -> None:
        if self._bridge is not None:
            self._bridge.forget(self)
            self._bridge = None
            self.watchers.tell(PortChange(self.id, "left"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _held(by: set[str], who: str, on: bool) -> bool:
    (by.add if on else by.discard)(who)
    return bool(by)


class Port(BridgePort):
    """A port whose audio is RTP, on its own sockets or through a mux."""

    def __init__(
        self, native: "_engine.RtpPort", local: tuple[str, int], on_close: Callable[[BridgePort], None]
    ) -> None:
        super().__init__(native, on_close)
        self._rtp = native
        self.local_host, self.local_port = local

    @property
    def rtp(self) -> "_engine.RtpPort":
        """The engine's own object, for the other files of this package."""
        return self._rtp

    def configure(self, media: PortMedia) -> None:
        """Apply what an offer and its answer have settled; every re-INVITE may say it anew."""
        self._rtp.configure(media)

    def set_remote(self, address: tuple[str, int]) -> None:
        """Send to another address from now on: ICE has nominated another pair."""
        self._rtp.set_remote(address[0], address[1])

    def send_digits(self, digits: str, duration_ms: int = 100) -> None:
        """Send DTMF as RFC 4733 events, which must have been negotiated."""
        if not digits or not _DIGITS.issuperset(digits):
            raise InvalidArgument("digits are 0-9, *, # and A-D")
        self._rtp.send_digits(digits.upper().encode("ascii"), duration_ms)
