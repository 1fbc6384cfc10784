"""Events as they come, over the WebSocket; a lost connection is opened again where it broke (api.md section 12)."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from mixminus.client.errors import ConnectionFailed
from mixminus.client.generated.models import Event
from mixminus.client.request import parsed
from mixminus.client.sockets import BROKEN, raise_refusal, target

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["follow", "follow_async"]

_PAUSE_S: Final = 1.0


class _Subscription:
    """The topics, and the last event received; the same for both clients."""

    def __init__(self, client: "Client | AsyncClient", topics: Sequence[str], after: int) -> None:
        self._client = client
        self._topics = topics
        self.after = after
        self.attempts = 0

    def target(self) -> tuple[str, dict[str, Any]]:
        """Return the address and the options of the connection."""
        return target(self._client, "/v1.0/ws", {"after": self.after})

    def request(self) -> str:
        return json.dumps({"type": "subscribe", "topics": list(self._topics)})

    def event(self, frame: str | bytes) -> Event:
        event = parsed(Event, json.loads(frame))
        self.after, self.attempts = event.id, 0
        return event

    def lost(self, error: Exception) -> float:
        """Return the pause before the next attempt; raise what no attempt would change."""
        raise_refusal(error)
        if self.attempts >= self._client.retries.attempts:
            raise ConnectionFailed(f"{self._client.url} does not answer: {error}") from error
        self.attempts += 1
        return _PAUSE_S * self.attempts


def follow(client: "Client", topics: Sequence[str] | None, after: int | None) -> Iterator[Event]:
    """Yield the customer's events; see ``Client.events``."""
    topics = topics or [f"customer_id:{client.get_own_customer().id}"]
    subscription = _Subscription(client, topics, client.newest_event() if after is None else after)
    while True:
        url, options = subscription.target()
        try:
            with connect(url, **options) as socket:
                socket.send(subscription.request())
                for frame in socket:
                    yield subscription.event(frame)
        except BROKEN as error:
            pause_s = subscription.lost(error)
        else:
            pause_s = _PAUSE_S  # the server stops, or restarts
        time.sleep(pause_s)


async def follow_async(
    client: "AsyncClient", topics: Sequence[str] | None, after: int | None
) -> AsyncIterator[Event]:
    """Yield the customer's events; see ``AsyncClient.events``."""
    topics = topics or [f"customer_id:{(await client.get_own_customer()).id}"]
    subscription = _Subscription(client, topics, await client.newest_event() if after is None else after)
    while True:
        url, options = subscription.target()
        try:
            async with connect_async(url, **options) as socket:
                await socket.send(subscription.request())
                async for frame in socket:
                    yield subscription.event(frame)
        except BROKEN as error:
            pause_s = subscription.lost(error)
        else:
            pause_s = _PAUSE_S
        await asyncio.sleep(pause_s)
