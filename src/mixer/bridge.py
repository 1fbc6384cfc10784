"""Bridge: the audio of one conference, held until closed."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, Self

from mixminus.mixer.gains import gain_q8
from mixminus.mixer.playout import Playout
from mixminus.mixer.tap import Tap
from mixminus.mixer.watch import PortChange, Watchers

if TYPE_CHECKING:
    from mixminus.mixer import _engine
    from mixminus.mixer.port import BridgePort

__all__ = ["Bridge"]


class _Link(Protocol):
    def close(self) -> None: ...


class Bridge:
    """A mix-minus bridge: each port hears the sum of all other ports."""

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
        self._links: list[_Link] = []
        self.watchers = Watchers()
        """Notified when a port joins, leaves, or is muted or unmuted."""

    @property
    def native(self) -> "_engine.Bridge":
        """The native object, for use within this package."""
        return self._native

    @property
    def ports(self) -> "tuple[BridgePort, ...]":
        """The ports on the bridge, in the order in which they joined."""
        return tuple(self._ports.values())

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the mix: the highest that any port here sends or receives."""
        return self._native.sample_rate_hz

    @property
    def shard(self) -> int:
        """Number of the mixing thread that it belongs to, from 0."""
        return self._native.shard

    def open_tap(self, sample_rate_hz: int = 16000, *, stems: bool = False, seconds: int = 10) -> Tap:
        """Open a tap of the mix.

        With ``stems`` it also has each port's own audio, aligned to the same samples.
        """
        tap = Tap(self._native.open_tap(sample_rate_hz, stems, seconds), self.forget, sample_rate_hz)
        self._taps.append(tap)
        return tap

    def open_playout(self, sample_rate_hz: int, *, seconds: int = 60) -> Playout:
        """Open a playout that every port on the bridge hears."""
        playout = self._open_playout(sample_rate_hz, seconds)
        try:
            self._native.play(playout.native)
        except BaseException:
            playout.close()
            raise
        self._playouts = [*(other for other in self._playouts if not other.closed), playout]
        return playout

    def set_hears(self, cells: "Iterable[tuple[BridgePort, BridgePort, float | None]]") -> None:
        """Apply many ``BridgePort.set_hears`` (listener, speaker, gain) at one tick, all or none."""
        self._native.set_hears(
            [
                (listener.native, speaker.native, 0 if gain_db is None else gain_q8(gain_db))
                for listener, speaker, gain_db in cells
            ]
        )

    def close(self) -> None:
        """Remove all ports and close all links, taps and playouts; closing twice is harmless."""
        if self._on_close is None:
            return
        for link in tuple(self._links):
            link.close()
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
        """Add a port that has joined; called by the port."""
        self._ports[port.id] = port
        self.watchers.notify(PortChange(port.id, "joined"))

    def replace(self, port: "BridgePort") -> None:
        """Note another object for a port that is on the bridge; called by it."""
        self._ports[port.id] = port

    def link(self, link: _Link) -> None:
        """Note a link to another engine; called by its trunk."""
        self._links.append(link)

    def unlink(self, link: _Link) -> None:
        """Forget a link that closed; called by it."""
        self._links.remove(link)

    def forget(self, what: "BridgePort | Tap") -> None:
        """Remove a port that left or a tap that closed; called by them."""
        if isinstance(what, Tap):
            self._taps.remove(what)
        elif self._ports.pop(what.id, None):
            self.watchers.notify(PortChange(what.id, "left"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
