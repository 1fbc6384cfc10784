"""Bridge: the audio of one conference, held until closed."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Self

from mixminus.mixer.gains import gain_q8
from mixminus.mixer.playout import Playout
from mixminus.mixer.tap import Tap
from mixminus.mixer.watch import PortChange, Watchers

if TYPE_CHECKING:
    from mixminus.mixer import _engine
    from mixminus.mixer.port import BridgePort

__all__ = ["Bridge"]


class Bridge:
    """Everybody on it hears everybody but themselves."""

    def __init__(
        self,
        native: "_engine.Bridge",
        open_playout: Callable[[int, int], Playout],
        on_close: Callable[["Bridge"], None],
    ) -> None:
        self._native = native
        self._open_playout = open_playout
        self._on_close: Callable[[Bridge], None] | None = on_close
        self._ports: dict[int, BridgePort] = {}
        self._taps: list[Tap] = []
        self._playouts: list[Playout] = []
        self.watchers = Watchers()
        """Those who are told who comes, goes and is muted."""

    @property
    def native(self) -> "_engine.Bridge":
        """The engine's own object, for the other files of this package."""
        return self._native

    @property
    def ports(self) -> "tuple[BridgePort, ...]":
        """Who is on the bridge, in the order of joining."""
        return tuple(self._ports.values())

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the mix: the highest that anyone here can hear."""
        return self._native.sample_rate_hz

    def open_tap(self, sample_rate_hz: int = 16000, *, stems: bool = False, seconds: int = 10) -> Tap:
        """Listen to the mix, and with ``stems`` to every port's own share, cut at the same samples."""
        tap = Tap(self._native.open_tap(sample_rate_hz, stems, seconds), self.forget, sample_rate_hz)
        self._taps.append(tap)
        return tap

    def open_playout(self, sample_rate_hz: int, *, seconds: int = 60) -> Playout:
        """Speak to everybody on the bridge."""
        playout = self._open_playout(sample_rate_hz, seconds)
        try:
            self._native.play(playout.native)
        except BaseException:
            playout.close()
            raise
        self._playouts = [*(other for other in self._playouts if not other.closed), playout]
        return playout

    def set_hears(self, cells: "Iterable[tuple[BridgePort, BridgePort, float | None]]") -> None:
        """Apply many ``BridgePort.set_hears`` (listener, speaker, gain) at one tick: nobody hears a half of it."""
        self._native.set_hears(
            [
                (listener.native, speaker.native, 0 if gain_db is None else gain_q8(gain_db))
                for listener, speaker, gain_db in cells
            ]
        )

    def close(self) -> None:
        """Send everybody off and close its taps and playouts; closing twice is harmless."""
        if self._on_close is None:
            return
        for port in self.ports:
            port.leave()
        for listener in tuple(self._taps):
            listener.close()
        for playout in tuple(self._playouts):
            playout.close()
        self._on_close(self)
        self._on_close = None
        self._native.close()

    def admit(self, port: "BridgePort") -> None:
        """Remember a port that has joined; called by the port."""
        self._ports[port.id] = port
        self.watchers.tell(PortChange(port.id, "joined"))

    def forget(self, what: "BridgePort | Tap") -> None:
        """Let go of a port that left or a tap that closed; called by them."""
        if isinstance(what, Tap):
            self._taps.remove(what)
        elif self._ports.pop(what.id, None):
            self.watchers.tell(PortChange(what.id, "left"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
