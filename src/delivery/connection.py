"""Connection: one WebSocket client, its subscriptions and its position (api.md section 12).

    behind ----everything up to now sent----> live

A client that resumes is behind: its events are read from the outbox. A live client gets events
from the hub through a bounded queue; when the queue is full, the connection is closed with the id
to resume from. The step from behind to live contains no await, so that nothing is lost or repeated.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ValidationError

from mixminus.clock import Clock
from mixminus.delivery.feed import Backlog
from mixminus.delivery.topics import Audience, BadTopic, Frame, Subscriptions, prefix_of
from mixminus.log import get
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["LIMITS", "Connection", "Limits", "Subscriber"]

log = get("delivery")

BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one client."""

    ping_s: float = 10.0
    pong_s: float = 60.0
    write_s: float = 10.0
    close_s: float = 10.0
    frames: int = 256
    topics: int = 1000
    message_bytes: int = 64 * 1024


LIMITS: Final = Limits()


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A client that connects, and what it asks for."""

    audience: Audience
    numbered: bool = False
    after: int | None = None
    """Id of the last event that the client has; None starts with the next event."""
    valid: Callable[[], Awaitable[bool]] = _always
    """Whether the client's credential is still valid; checked before each ping."""


@dataclass(frozen=True, slots=True)
class CloseReason:
    """Why the server closes the connection."""

    code: WSCloseCode
    reason: str


class _Command(BaseModel):
    type: Literal["subscribe", "unsubscribe"]
    topics: list[str]


class Connection:
    """Serves one client from the handshake to the close."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        subscriber: Subscriber,
        *,
        abort: Callable[[], None],
        backlog: Backlog,
        clock: Clock,
        counters: Counter[str],
        limits: Limits,
    ) -> None:
        self._socket = socket
        self._subscriber = subscriber
        self._abort = abort
        self._backlog = backlog
        self._clock = clock
        self._counters = counters
        self._limits = limits
        self._topics: dict[str, str] = {}
        self._subscriptions = Subscriptions()
        self._subscribed = asyncio.Event()
        self._frames: asyncio.Queue[Frame] = asyncio.Queue(limits.frames)
        self._behind = None if subscriber.after is None else min(subscriber.after, backlog.end)
        self._last_sent_id = backlog.end if self._behind is None else self._behind
        self._last_pong_s = clock.monotonic_s()
        self._close_reason: asyncio.Future[CloseReason] = asyncio.get_running_loop().create_future()

    def offer(self, frame: Frame) -> None:
        """Queue a live event that the client subscribes to; a client that is behind reads it from the outbox."""
        if self._behind is not None or self._close_reason.done() or not self._wants(frame):
            return
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self._too_slow()

    def end(self, code: WSCloseCode, reason: str) -> None:
        """Close the connection; the first reason counts."""
        if not self._close_reason.done():
            self._close_reason.set_result(CloseReason(code, reason))

    async def run(self) -> None:
        """Serve the client until either side closes the connection."""
        scope = TaskScope(self._failed)
        scope.spawn("socket deliver", self._deliver())
        scope.spawn("socket ping", self._ping())
        try:
            await unless((self._close_reason,), self._listen())
        except Interrupted:
            await scope.close()
            await self._close(self._close_reason.result())
        finally:
            await scope.close()

    async def _listen(self) -> None:
        while True:
            message = await self._socket.receive()
            if message.type is WSMsgType.TEXT:
                self._handle(message.data)
            elif message.type is WSMsgType.PONG:
                self._last_pong_s = self._clock.monotonic_s()
            elif message.type is WSMsgType.PING:
                await self._write(self._socket.pong(message.data))
            elif message.type is WSMsgType.BINARY:
                self._misused(WSCloseCode.UNSUPPORTED_DATA, "text frames only")
            else:
                return

    def _handle(self, text: str) -> None:
        """Apply a command completely or not at all; anything else is ignored, and nothing is answered."""
        try:
            command = _Command.model_validate_json(text)
        except ValidationError:
            return
        try:
            prefixes = {topic: prefix_of(topic, self._subscriber.audience) for topic in command.topics}
        except BadTopic as exc:
            self._misused(WSCloseCode.POLICY_VIOLATION, str(exc))
            return
        if command.type == "subscribe":
            self._topics |= prefixes
            self._subscribed.set()
        else:
            self._topics = {topic: prefix for topic, prefix in self._topics.items() if topic not in prefixes}
        self._subscriptions = Subscriptions.of(self._topics.values())
        if len(self._topics) > self._limits.topics:
            self._misused(WSCloseCode.POLICY_VIOLATION, "too many topics")

    async def _deliver(self) -> None:
        # A replay contains the topics of the first subscription; topics added later start where it is by then.
        await self._subscribed.wait()
        while self._behind is not None:
            part = await self._backlog.read(self._subscriber.audience.customer_id, self._behind, BATCH)
            for event in part.events:
                await self._send(Frame.of(event))
            self._behind = None if part.until == self._backlog.end else part.until
        while True:
            await self._send(await self._frames.get(), wanted=True)

    async def _send(self, frame: Frame, *, wanted: bool = False) -> None:
        # Counts as sent as soon as it is started: aiohttp writes a frame completely before it waits.
        self._last_sent_id = frame.id
        if wanted or self._wants(frame):
            numbered = self._subscriber.numbered
            text = frame.numbered if numbered else self._subscriptions.text_of(frame)
            await self._write(self._socket.send_str(text))

    async def _ping(self) -> None:
        while True:
            await self._clock.sleep(self._limits.ping_s)
            if self._clock.monotonic_s() - self._last_pong_s >= self._limits.pong_s:
                self._counters["delivery.sockets_silent"] += 1
                self.end(WSCloseCode.POLICY_VIOLATION, "no pong")
                return
            if not await self._subscriber.valid():
                self._counters["delivery.sockets_revoked"] += 1
                self.end(WSCloseCode.POLICY_VIOLATION, "the credential is no longer valid")
                return
            await self._write(self._socket.ping())

    async def _write(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._limits.write_s):
                await sending
        except TimeoutError:
            self._too_slow()
        except ConnectionError:
            self.end(WSCloseCode.ABNORMAL_CLOSURE, "connection lost")

    async def _close(self, reason: CloseReason) -> None:
        """Send a close frame and wait for the client's; drop the connection if none comes."""
        try:
            async with asyncio.timeout(self._limits.close_s):
                await self._socket.close(code=reason.code, message=reason.reason.encode())
        except (TimeoutError, ConnectionError):
            self._abort()
        if self._socket.close_code == WSCloseCode.ABNORMAL_CLOSURE:
            self._abort()

    def _failed(self, task: str, exc: BaseException) -> None:
        log.error("task failed", task=task, exc_info=exc)
        self.end(WSCloseCode.INTERNAL_ERROR, f"resume with after={self._last_sent_id}")

    def _too_slow(self) -> None:
        if not self._close_reason.done():
            self._counters["delivery.sockets_slow"] += 1
        self.end(WSCloseCode.TRY_AGAIN_LATER, f"too slow; resume with after={self._last_sent_id}")

    def _misused(self, code: WSCloseCode, reason: str) -> None:
        self._counters["delivery.sockets_misused"] += 1
        self.end(code, reason)

    def _wants(self, frame: Frame) -> bool:
        return self._subscriptions.wants(frame)
