"""Gathering: what the survivors of a room send to its next home before that can serve them."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final
from uuid import UUID

from mixminus.cluster.link import Link
from mixminus.cluster.messages import Attach, Message
from mixminus.cluster.peers import Peer

__all__ = ["Gathering"]

_MAX_WAITING: Final = 4096
_WAIT_S: Final = 6.0
"""For the survivors: they see up to 1.5 s later that the home is gone, and wait 0.3 s for each of up to 15 that come before."""


class Gathering:
    """Survivors of one room, and what they ask for."""

    def __init__(self) -> None:
        self._attaching: dict[UUID, tuple[Link, Attach]] = {}
        self._attached: dict[UUID, tuple[Link, Attach]] = {}
        self._later: list[tuple[Link, Message]] = []
        self._changed = asyncio.Event()
        self._is_taken = False

    def take(self) -> tuple[tuple[Link, Attach], ...]:
        """Return the survivors that have said what they have; who comes later is refused."""
        self._is_taken = True
        return tuple(self._attached.values())

    def add(self, link: Link, message: Message) -> None:
        """Keep a message; the link of a node that sends too many ends."""
        if self._is_taken or not isinstance(message, Attach) or not message.survives:
            if len(self._later) >= _MAX_WAITING:
                link.end()
            else:
                self._later.append((link, message))
            return
        _, before = self._attaching.pop(link.peer.id, (link, message))
        if before is not message:
            message = replace(message, seats=before.seats + message.seats)
        (self._attaching if message.more else self._attached)[link.peer.id] = link, message
        self._changed.set()

    def lose(self, link: Link) -> None:
        """Forget a survivor whose link has ended."""
        for each in (self._attaching, self._attached):
            if each.get(link.peer.id, (None,))[0] is link:
                del each[link.peer.id]
        self._changed.set()

    async def complete(self, expected: Iterable[Peer]) -> None:
        """Wait until all expected survivors have attached, or are gone; at most some seconds."""
        awaited = {peer.id: peer for peer in expected}
        with suppress(TimeoutError):
            async with asyncio.timeout(_WAIT_S):
                while any(id_ not in self._attached for id_, peer in awaited.items() if not peer.gone.done()):
                    self._changed.clear()
                    await self._changed.wait()

    def released(self) -> list[tuple[Link, Message]]:
        """Return what has come beside the attachments, in order."""
        return self._later
