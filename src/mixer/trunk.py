"""Trunk: the audio of a room that several engines share.

Each engine has a bridge for the room, and a link from it to each of the other engines. By a link leave the talkers of
this engine, one by one and not as a sum; those of the other engine are ghosts here: ports that taps, levels, events
and ``set_hears`` treat as any other. What came by a link never leaves by one, so all engines of a room are meshed.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, TypeVar, cast

from mixminus.errors import Conflict
from mixminus.mixer.bridge import Bridge
from mixminus.mixer.port import BridgePort

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["PLAYOUTS", "Ghost", "Trunk", "TrunkLink", "TrunkOffer"]

PLAYOUTS: Final = 8
"""Playouts of a room that leave at once, each under a number of its own."""
_KEY_BYTES: Final = 28  # AEAD_AES_128_GCM: a key and its salt (RFC 7714 section 12)


@dataclass(frozen=True, slots=True)
class TrunkOffer:
    """What the other engine must know to connect its end of a link; for one link only."""

    host: str
    port: int
    tag: int
    """Marks what it sends to this link: the upper half of each SSRC."""
    key: bytes = field(repr=False)
    """Master key and salt of what this end sends."""


class Ghost(BridgePort):
    """The place of another engine's talker on this bridge; it hears nothing."""

    def __init__(self, native: "_engine.Ghost", talker: int, on_close: Callable[[BridgePort], None]) -> None:
        super().__init__(native, on_close)
        self.talker = talker
        """Its number in the link."""


_OnClose = Callable[[BridgePort], None]
_Ghost = TypeVar("_Ghost", bound=Ghost)


class TrunkLink:
    """A bridge's connection to the same room in one other engine."""

    def __init__(
        self,
        native: "_engine.TrunkLink",
        trunk: "Trunk",
        bridge: Bridge,
        on_close: Callable[["TrunkLink"], None],
    ) -> None:
        self._native = native
        self._bridge = bridge
        self._on_close: Callable[[TrunkLink], None] | None = on_close
        self._ghosts: dict[int, Ghost] = {}
        self.offer: TrunkOffer = TrunkOffer(
            trunk.host, trunk.port, native.tag, secrets.token_bytes(_KEY_BYTES)
        )
        """For ``connect`` of the other end."""

    @property
    def ghosts(self) -> tuple[Ghost, ...]:
        """The other engine's talkers, in the order in which they were expected."""
        return tuple(self._ghosts.values())

    def connect(self, other: TrunkOffer) -> None:
        """Connect to the other end. Raises Conflict the second time: keys are for one link."""
        self._native.connect(other.host, other.port, other.tag, self.offer.key, other.key)

    def carry(self, port: BridgePort, talker: int) -> None:
        """Let what a port of this engine adds to the mix leave, after gain, mute and gate.

        ``talker`` (0 to 65535) is its number in this link, for ever: a participant that comes again has a new one.
        Raises Conflict for a number that was used, for a port that leaves already, and before ``connect``;
        InvalidArgument for a ghost.
        """
        self._native.carry(port.native, talker)

    def carry_playouts(self, first_talker: int) -> None:
        """Let the playouts of the bridge leave too, under ``PLAYOUTS`` numbers from ``first_talker`` on."""
        self._native.carry_playouts(first_talker)

    def drop(self, port: BridgePort) -> None:
        """Let a port leave no more; one that closes is dropped by itself."""
        self._native.drop(port.id)

    def expect(self, talker: int) -> Ghost:
        """Give another engine's talker its place on the bridge, silent until it speaks.

        Raises Conflict for a number that was expected before, and before ``connect``.
        """
        ghost = self.reserve(talker, Ghost)
        try:
            ghost.join(self._bridge)
        except BaseException:
            ghost.close()
            raise
        return ghost

    def reserve(self, talker: int, make: Callable[["_engine.Ghost", int, _OnClose], _Ghost]) -> _Ghost:
        """Return the ghost of a talker that is to ``join`` the bridge later; raises as ``expect``.

        ``make`` makes it, such as of a class with more than ``Ghost`` has.
        """
        ghost = make(self._native.open_ghost(talker), talker, self._forget)
        self._ghosts[ghost.id] = ghost
        return ghost

    def replace(self, ghost: Ghost, make: Callable[["_engine.Ghost", int, _OnClose], _Ghost]) -> _Ghost:
        """Return a talker's ghost as what ``make`` makes of it; it stays on its bridge, and the earlier object is closed."""
        again = make(cast("_engine.Ghost", ghost.native), ghost.talker, self._forget)
        again.take_place_of(ghost)
        self._ghosts[again.id] = again
        return again

    def close(self) -> None:
        """Close the ghosts, and send and receive no more; closing twice is harmless."""
        if self._on_close is None:
            return
        for ghost in self.ghosts:
            ghost.close()
        self._on_close(self)
        self._on_close = None
        self._bridge.unlink(self)
        self._native.close()

    def _forget(self, ghost: BridgePort) -> None:
        self._ghosts.pop(ghost.id, None)


class Trunk:
    """A UDP socket of one mixing thread, and the jitter buffers that its ghosts are lent while they speak."""

    def __init__(
        self, native: "_engine.Trunk", host: str, shard: int, on_close: Callable[["Trunk"], None]
    ) -> None:
        self._native = native
        self._on_close: Callable[[Trunk], None] | None = on_close
        self._links: list[TrunkLink] = []
        self.host = host
        self.port: int = native.port
        self.shard = shard

    def open_link(self, bridge: Bridge) -> TrunkLink:
        """Open this end of a link; exchange ``offer`` with the other end, then ``connect``.

        Raises Conflict for a bridge of another shard, and Exhausted for one with 16 links.
        """
        if bridge.shard != self.shard:
            raise Conflict(
                f"the bridge is on shard {bridge.shard}, the trunk on {self.shard}; use a trunk of that shard"
            )
        link = TrunkLink(self._native.open_link(bridge.native), self, bridge, self._links.remove)
        self._links.append(link)
        bridge.link(link)
        return link

    def close(self) -> None:
        """Close its links and its socket; closing twice is harmless."""
        if self._on_close is None:
            return
        for link in tuple(self._links):
            link.close()
        self._on_close(self)
        self._on_close = None
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
