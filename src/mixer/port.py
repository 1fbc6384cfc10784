"""Port: a participant's place on a bridge, held until closed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from mixminus.errors import InvalidArgument
from mixminus.mixer.bridge import Bridge
from mixminus.mixer.gains import gain_q8
from mixminus.mixer.playout import Playout
from mixminus.mixer.statistics import PortStatistics
from mixminus.mixer.tap import Tap
from mixminus.mixer.watch import PortChange, Watchers
from mixminus.model.media import Codec, PortMedia

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["BridgePort", "Port"]

_FAR_HOLD = "far end's hold"
_DIGITS = frozenset("0123456789*#ABCDabcd")


class BridgePort:
    """A port of any kind: RTP or PCM."""

    def __init__(self, native: "_engine.Port", on_close: Callable[["BridgePort"], None]) -> None:
        self._native = native
        self._on_close: Callable[[BridgePort], None] | None = on_close
        self._bridge: Bridge | None = None
        self._muted_by: set[str] = set()
        self._deafened_by: set[str] = set()
        self._on_hold = False
        self._media: PortMedia | None = None
        self.watchers = Watchers()
        """Notified when the port joins or leaves a bridge, or is muted or unmuted."""
        self.id: int = native.id
        """Identifies the port in events and tap records; unique within the engine, never reused."""

    @property
    def native(self) -> "_engine.Port":
        """The native object, for use within this package."""
        return self._native

    @property
    def bridge(self) -> Bridge | None:
        """The bridge that the port is on, or None."""
        return self._bridge

    @property
    def closed(self) -> bool:
        return self._on_close is None

    @property
    def muted(self) -> bool:
        """Whether it is muted by at least one ``by`` of ``set_muted``."""
        return bool(self._muted_by)

    @property
    def deafened(self) -> bool:
        """Whether it is deafened by at least one ``by`` of ``set_deafened``."""
        return bool(self._deafened_by)

    @property
    def on_hold(self) -> bool:
        """Whether the far end has put the call on hold."""
        return self._on_hold

    @property
    def codec(self) -> Codec | None:
        """The codec of what is sent to the participant; None before media is configured, and on a PCM port."""
        return self._media.send.codec if self._media else None

    def set_on_hold(self, on: bool, *, heard: bool = False) -> None:
        """Note that the far end has put the call on hold, or has ended it.

        What it plays meanwhile, usually hold music, is kept out of the mix unless ``heard``.
        """
        self._on_hold = on
        self.set_muted(on and not heard, by=_FAR_HOLD)

    def join(self, bridge: Bridge) -> None:
        """Join a bridge, leaving the current one."""
        self._native.join(bridge.native)
        self._leave_bridge()
        self._bridge = bridge
        bridge.admit(self)
        self.watchers.notify(PortChange(self.id, "joined"))

    def leave(self) -> None:
        """Leave the bridge; the port stays open and hears silence and its own playouts."""
        if self._bridge is not None:
            self._native.leave()
            self._leave_bridge()

    def take_place_of(self, other: "BridgePort") -> None:
        """Stand for the native port of another object, which is closed without it."""
        self._bridge, other._bridge, other._on_close = other._bridge, None, None
        if self._bridge is not None:
            self._bridge.replace(self)

    def set_gain_db(self, gain_db: float) -> None:
        """Set the gain with which all others hear the participant; below -48 dB is silence."""
        self._native.set_gain(gain_q8(gain_db))

    def set_muted(self, muted: bool, *, by: str = "") -> None:
        """Mute or unmute the participant.

        It is heard again when every ``by`` that muted it has unmuted it.
        """
        was_muted = self.muted
        self._native.set_muted(_update(self._muted_by, by, muted))
        if self.muted is not was_muted:
            change = PortChange(self.id, "muted" if self.muted else "unmuted")
            self.watchers.notify(change)
            if self._bridge is not None:
                self._bridge.watchers.notify(change)

    def set_levelled(self, levelled: bool) -> None:
        """Set whether the participant is brought to the common loudness of -23 LUFS, slowly, while it talks."""
        self._native.set_levelled(levelled)

    def set_suppressed(self, suppressed: bool) -> None:
        """Set whether noise is removed from what the others hear of the participant.

        Raises Unavailable without librnnoise.
        """
        self._native.set_suppressed(suppressed)

    def set_deafened(self, deafened: bool, *, by: str = "") -> None:
        """Set whether the participant hears the others; ``by`` counts as in ``set_muted``.

        It still hears playouts that are played to it alone.
        """
        self._native.set_deafened(_update(self._deafened_by, by, deafened))

    def set_hears_itself(self, on: bool) -> None:
        """Set whether the participant hears its own voice (an echo test)."""
        self._native.set_hears_itself(on)

    def set_hears(self, speaker: "BridgePort", gain_db: float | None) -> None:
        """Set the gain with which this participant hears ``speaker``.

        None is silence, 0 dB is the default.
        """
        self._native.set_hears(speaker.native, 0 if gain_db is None else gain_q8(gain_db))

    def set_inband_dtmf(self, detect: bool, *, remove: bool = False) -> None:
        """Set whether digits sent as tones (ITU-T Q.23) are received, and removed from the audio.

        A digit that is also sent as an RFC 4733 event is received once. Has no effect on a PCM port.
        """
        self._native.set_inband(detect, remove)

    def play(self, playout: Playout) -> None:
        """Play a playout of ``Engine.open_playout`` to this participant only."""
        self._native.play(playout.native)

    def open_tap(self, sample_rate_hz: int = 16000, *, seconds: int = 10) -> Tap:
        """Open a tap of what the participant says, what it hears (HEARD) and both (MIX), on any bridge."""
        # The port does not own the tap: its last audio can be read after the port is closed.
        return Tap(self._native.open_tap(sample_rate_hz, seconds), lambda _: None, sample_rate_hz)

    def statistics(self) -> PortStatistics:
        """Return the newest snapshot of the port's statistics."""
        return PortStatistics(*self._native.statistics())

    def level(self) -> tuple[int, bool]:
        """Return the newest level, as -dBov (RFC 6464), and whether the participant is talking.

        For meters: it costs a small part of ``statistics``.
        """
        return self._native.level()

    def close(self) -> None:
        """Leave the bridge and release all resources; closing twice is harmless."""
        if self._on_close is not None:
            self._leave_bridge()
            self._on_close(self)
            self._on_close = None
            self._native.close()

    def _leave_bridge(self) -> None:
        if self._bridge is not None:
            self._bridge.forget(self)
            self._bridge = None
            self.watchers.notify(PortChange(self.id, "left"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _update(holders: set[str], by: str, on: bool) -> bool:
    """Add or remove a holder; return whether any is left."""
    (holders.add if on else holders.discard)(by)
    return bool(holders)


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
        """The native object, for use within this package."""
        return self._rtp

    def configure(self, media: PortMedia) -> None:
        """Apply the negotiated media; call it again after each re-negotiation."""
        self._rtp.configure(media)
        self._media = media

    def set_remote(self, address: tuple[str, int]) -> None:
        """Send to another address, for example when ICE nominates another pair."""
        self._rtp.set_remote(address[0], address[1])

    def send_digits(self, digits: str, duration_ms: int = 100) -> None:
        """Send DTMF as RFC 4733 events.

        Raise InvalidArgument for other characters than 0-9, *, # and A-D, and Conflict if telephone-event was
        not negotiated.
        """
        if not digits or not _DIGITS.issuperset(digits):
            raise InvalidArgument("digits are 0-9, *, # and A-D")
        self._rtp.send_digits(digits.upper().encode("ascii"), duration_ms)
