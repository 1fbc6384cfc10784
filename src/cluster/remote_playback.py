"""RemotePlayback: at a room's home, what another node plays to one participant.

For what plays it is a sound as any other: opened, played to its end, closed.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

from mixminus.cluster.leg_messages import Play, Played, StopPlay
from mixminus.cluster.messages import Message
from mixminus.errors import Unavailable
from mixminus.model.playback import PlaybackRequest

__all__ = ["RemotePlayback"]


class RemotePlayback:
    """One request to play."""

    def __init__(
        self, send: Callable[[Message], None], room: UUID, seat: UUID, number: int, request: PlaybackRequest
    ) -> None:
        self.number = number
        self._send = send
        self._room = room
        self._seat = seat
        self._request = request
        loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[str] = loop.create_future()
        self._ended: asyncio.Future[str] = loop.create_future()
        """With the error of one that has failed."""

    async def open(self) -> None:
        """Let the other node begin; raise Unavailable if it cannot play this. ``close`` is due whether or not this succeeds."""
        self._send(Play(self._room, self._seat, self.number, self._request))
        _check(await self._begun)

    async def played(self) -> None:
        """Wait until it has been played to its end; raise Unavailable if it broke off."""
        _check(await self._ended)

    async def close(self) -> None:
        """Let the other node stop; one that has ended stays as it is."""
        if not self._ended.done():
            self._ended.cancel()
            self._send(StopPlay(self._room, self._seat, self.number))

    def on_played(self, played: Played) -> None:
        """Note what the other node says."""
        for each in (self._begun, self._ended) if played.ended else (self._begun,):
            if not each.done():
                each.set_result(played.error)


def _check(error: str) -> None:
    if error:
        raise Unavailable(error)
