"""RemotePort: at a room's home, the port of a participant whose leg is at another node.

For the room it is a port as any other. What is decided about it is done where the leg is: mute, gain and processing
apply to what leaves that node, and what it hears is mixed there.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from mixminus.cluster.leg_messages import (
    Adjust,
    Beep,
    Dial,
    HearsCell,
    HearsSet,
    Joined,
    LegQuality,
    Loop,
    LoopName,
    MoveTo,
    Parted,
    Played,
    Prompt,
    Show,
)
from mixminus.cluster.link import Link, LinkBroken
from mixminus.cluster.messages import Message
from mixminus.cluster.remote_playback import RemotePlayback
from mixminus.errors import Conflict
from mixminus.mixer import Bridge, BridgePort, Codec, Ghost, Playout, PortStatistics
from mixminus.model.ids import NIL
from mixminus.model.playback import PlaybackRequest

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["AtAnotherNode", "FarLeg", "RemoteLoop", "RemotePort"]


_MAX_PLAYBACKS: Final = 64
"""Of one participant; those that were stopped are forgotten first."""
_MOVE_S: Final = 10.0


class AtAnotherNode(Conflict):
    """This cannot be done to a participant whose call is at another node than its room."""


@dataclass(frozen=True, slots=True)
class FarLeg:
    """The call of a participant at another node, as its room shows it."""

    room: UUID
    call_id: UUID
    leg_id: UUID
    shown_name: str
    transport: Literal["sip", "webrtc", "local"]


class RemoteLoop:
    """Music or ringback that the other node plays."""

    def __init__(self, port: "RemotePort") -> None:
        self._port = port

    def close(self) -> None:
        """Stop; closing twice is harmless."""
        self._port.loop("")


class RemotePort(Ghost):
    """A ghost that reports what is decided to the node of its leg."""

    def __init__(
        self,
        native: "_engine.Ghost",
        talker: int,
        on_close: Callable[[BridgePort], None],
        *,
        link: Link,
        leg: FarLeg,
    ) -> None:
        super().__init__(native, talker, on_close)
        self.link = link
        self.leg = leg
        self.quality: LegQuality | None = None
        """As the other node has last measured it."""
        self._seat: UUID | None = None
        self._adjusted: Adjust | None = None
        self._looped: LoopName = ""
        self._playbacks: dict[int, RemotePlayback] = {}
        self._playback_numbers = count(1)
        self._moving: asyncio.Future[UUID] | None = None

    def name_seat(self, seat: UUID) -> None:
        """Take the id of the participant, which messages name; what was decided before is sent now."""
        self._seat = seat
        self._adjusted = self._adjusted or Adjust(self.leg.room, seat)
        self._send(replace(self._adjusted, seat=seat))
        if self.bridge is not None:
            self._send(Joined(self.leg.room, seat))
        if self._looped:
            self._send(Loop(self.leg.room, seat, self._looped))

    @property
    def codec(self) -> Codec | None:
        return next((each for each in Codec if self.quality and each == self.quality.codec), None)

    def join(self, bridge: Bridge) -> None:
        """Join the room here and at the other node."""
        super().join(bridge)
        if self._seat:
            self._send(Joined(self.leg.room, self._seat))

    def leave(self) -> None:
        """Leave the room here and at the other node."""
        was_joined = self.bridge is not None
        super().leave()
        if was_joined and self._seat:
            self._send(Parted(self.leg.room, self._seat))

    def set_muted(self, muted: bool, *, by: str = "") -> None:
        """Mute or unmute it: nothing of it leaves the other node."""
        super().set_muted(muted, by=by)
        self._adjust(muted=self.muted)

    def set_deafened(self, deafened: bool, *, by: str = "") -> None:
        """Set whether it hears the others, at the other node."""
        super().set_deafened(deafened, by=by)
        self._adjust(deafened=self.deafened)

    def set_gain_db(self, gain_db: float) -> None:
        """Set its gain at the other node: what comes from there has it."""
        self._adjust(gain_db=gain_db)

    def set_levelled(self, levelled: bool) -> None:
        """Set whether it is levelled at the other node."""
        self._adjust(levelled=levelled)

    def set_suppressed(self, suppressed: bool) -> None:
        """Set whether its noise is suppressed at the other node, if that has the library."""
        self._adjust(suppressed=suppressed)

    def play(self, playout: Playout) -> None:
        """Raise AtAnotherNode: what it hears alone is played by its own node."""
        raise AtAnotherNode(
            "the participant's call is at another node than its room, and so is what plays to it"
        )

    def playback(self, request: PlaybackRequest) -> RemotePlayback:
        """Return what plays a text or files to it, when that is opened."""
        playback = RemotePlayback(
            self._send, self.leg.room, self._seat or NIL, next(self._playback_numbers), request
        )
        self._playbacks[playback.number] = playback
        if len(self._playbacks) > _MAX_PLAYBACKS:
            del self._playbacks[min(self._playbacks)]
        return playback

    def on_played(self, played: Played) -> None:
        """Note what becomes of a playback."""
        if playback := self._playbacks.get(played.number):
            playback.on_played(played)
            if played.ended:
                del self._playbacks[played.number]

    def show(self, text: str) -> None:
        """Show a text on its phone."""
        if self._seat:
            self._send(Show(self.leg.room, self._seat, text))

    def send_digits(self, digits: str, tone_ms: int) -> None:
        """Send digits to its phone."""
        if self._seat:
            self._send(Dial(self.leg.room, self._seat, digits, tone_ms))

    async def move(self, target: UUID, role: str, *, muted: bool) -> UUID:
        """Let it take a seat in another room, and return that seat; nil if it gets none in time."""
        if self._seat is None or self._moving:
            return NIL
        self._moving = asyncio.get_running_loop().create_future()
        try:
            self._send(MoveTo(self.leg.room, self._seat, target, role, muted))
            async with asyncio.timeout(_MOVE_S):
                return await self._moving
        except TimeoutError:
            return NIL
        finally:
            self._moving = None

    def on_moving(self, target_seat: UUID) -> bool:
        """Note the seat that it has in another room, nil for none; False if it is not awaited."""
        if self._moving is None or self._moving.done():
            return False
        self._moving.set_result(target_seat)
        return True

    def loop(self, name: LoopName) -> RemoteLoop:
        """Play music or ringback to it; the empty name stops that."""
        if name != self._looped:
            self._looped = name
            if self._seat:
                self._send(Loop(self.leg.room, self._seat, name))
        return RemoteLoop(self)

    def prompt(self, name: str, facts: Mapping[str, str]) -> None:
        """Play a prompt to it."""
        if self._seat:
            self._send(Prompt(self.leg.room, self._seat, name, dict(facts)))

    def beep(self, count: int) -> None:
        """Play beeps to it."""
        if self._seat:
            self._send(Beep(self.leg.room, self._seat, count))

    def hear(self, cells: tuple[HearsCell, ...], number: int) -> None:
        """Set cells of listeners at its node, which acknowledges ``number``."""
        self._send(HearsSet(self.leg.room, cells, number))

    def statistics(self) -> PortStatistics:
        """Return level and talking as they are here, and what the other node has measured of the leg."""
        here, there = super().statistics(), self.quality
        if there is None:
            return here
        return replace(
            here,
            delay_ms=there.delay_ms,
            jitter_ms=there.jitter_ms,
            loss=there.loss,
            round_trip_ms=there.round_trip_ms,
            mos=there.mos,
        )

    def _adjust(self, **changes: Any) -> None:  # fields of Adjust
        before = self._adjusted or Adjust(self.leg.room, self.leg.call_id)
        after = replace(before, **changes)
        if after != before:
            self._adjusted = after
            if self._seat:
                self._send(replace(after, seat=self._seat))

    def _send(self, message: Message) -> None:
        with suppress(LinkBroken):  # its seat is released then
            self.link.send(message)
