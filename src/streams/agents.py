"""AgentStreamService: media streams whose WebSocket the server opens, to a program of the customer (api.md section 9.1).

    connecting --opened--> connected --lost--> reconnecting --opened--> connected ... --finished--> ended

A lost connection is opened again (``reconnect``). Streams are kept in memory: they end with their room, their call, or
the server. Every change is published.
"""

import asyncio
from collections import Counter, OrderedDict
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Final

from mixminus.call.live import LiveCall
from mixminus.clock import Clock
from mixminus.errors import InvalidArgument, MixMinusError
from mixminus.log import get, task_failed
from mixminus.machine import is_final, step
from mixminus.model.ids import CallId, ConferenceId, CustomerId, MediaStreamId, new_id
from mixminus.model.media_stream import (
    MEDIA_STREAM_TRANSITIONS,
    NO_CALL,
    NO_CONFERENCE,
    NO_PARTICIPANT,
    TELEPHONY_HZ,
    AgentStream,
    CallListen,
    MediaStreamEvent,
    MediaStreamStatus,
    RoomListen,
    StreamFormat,
    StreamProtocol,
    StreamRequest,
    checked_url,
)
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from mixminus.store.ownership import owned
from mixminus.store.published import publish_rowless
from mixminus.streams.dialect import Dialect, PlainDialect, StreamStart
from mixminus.streams.errors import MediaStreamNotFound, MediaStreamOver
from mixminus.streams.reconnect import Connector, Reconnect
from mixminus.streams.service import StreamService
from mixminus.streams.stream import MediaStream
from mixminus.streams.twilio import TwilioDialect
from mixminus.tasks import TaskScope
from mixminus.wire.media_stream import MediaStreamView

__all__ = ["AgentStreamService"]

CLOSE_S: Final = 2.0
"""For the last message to all programs, when the server stops."""
_MAX_ENDED: Final = 1000
"""Ended streams that can still be read, of all customers."""

log = get("streams")


class AgentStreamService:
    """Opens streams to programs, reconnects them, and publishes what becomes of them."""

    def __init__(self, store: Store, clock: Clock, *, streams: StreamService, connector: Connector) -> None:
        self._store = store
        self._clock = clock
        self.streams = streams
        """Opens the streams; those that clients connect are opened there too."""
        self._connector = connector
        self._live: OrderedDict[MediaStreamId, AgentStream] = OrderedDict()
        self._running: dict[MediaStreamId, _Running] = {}
        self._ended: OrderedDict[MediaStreamId, AgentStream] = OrderedDict()
        self._scope = TaskScope(task_failed("media stream"))
        self.counters: Counter[str] = Counter(
            {
                "streams.failed": 0,
                "streams.events_lost": 0,
            }
        )

    async def start_conference(
        self, customer_id: CustomerId, conference_id: ConferenceId, request: StreamRequest
    ) -> AgentStream:
        """Begin to connect a room to a program; return the stream at once.

        Raises what ``StreamService.of_conference`` raises, and InvalidArgument.
        """
        agent = self._new(customer_id, request, conference_id=conference_id)
        media = await self.streams.of_conference(
            customer_id,
            conference_id,
            request.format.sample_rate_hz,
            _dialect(agent),
            listen=RoomListen(request.listen),
            conferencecall_id=request.conferencecall_id
            if request.conferencecall_id != NO_PARTICIPANT
            else None,
        )
        self._start(agent, media)
        return agent

    async def start_call(
        self, customer_id: CustomerId, call_id: CallId, request: StreamRequest
    ) -> AgentStream:
        """Begin to connect a call to a program; return the stream at once.

        Raises CallNotFound, CallNotProgressing, TooManyStreams, InvalidArgument.
        """
        return self.start_live(await self.streams.live_call(customer_id, call_id), request)

    def start_live(self, live: LiveCall, request: StreamRequest) -> AgentStream:
        """Begin to connect a live call to a program; raises CallNotProgressing, TooManyStreams, InvalidArgument."""
        agent = self._new(live.call.customer_id, request, call_id=live.id)
        media = self.streams.of_call(
            live, request.format.sample_rate_hz, _dialect(agent), listen=CallListen(request.listen)
        )
        running = self._start(agent, media)
        running.digits.enter_context(live.digits.observed(media.press))
        return agent

    async def list_conference(
        self, customer_id: CustomerId, conference_id: ConferenceId
    ) -> list[AgentStream]:
        """Return the streams of a room, those that ended lately included, oldest first."""
        await self.streams.check_conference(customer_id, conference_id)
        return [each for each in self._all() if each.conference_id == conference_id]

    async def list_call(self, customer_id: CustomerId, call_id: CallId) -> list[AgentStream]:
        """Return the streams of a call, those that ended lately included, oldest first."""
        await self.streams.check_call(customer_id, call_id)
        return [each for each in self._all() if each.call_id == call_id]

    def get(self, customer_id: CustomerId, stream_id: MediaStreamId) -> AgentStream:
        """Return a stream; raise MediaStreamNotFound, also when it ended long ago."""
        found = self._live.get(stream_id) or self._ended.get(stream_id)
        return owned(found, customer_id, MediaStreamNotFound(f"no media stream {stream_id}"))

    async def stop(self, customer_id: CustomerId, stream_id: MediaStreamId) -> AgentStream:
        """End a stream at once; raise MediaStreamOver if it has ended."""
        agent = self.get(customer_id, stream_id)
        if is_final(MEDIA_STREAM_TRANSITIONS, agent.status):
            raise MediaStreamOver(f"media stream {stream_id} is {agent.status}")
        self._running[stream_id].media.end()
        return await self._change(stream_id, MediaStreamEvent.FINISHED)

    def stop_call(self, call_id: CallId) -> None:
        """End all streams of a call; harmless if there is none."""
        for agent in self._live.values():
            if agent.call_id == call_id:
                self._running[agent.id].media.end()

    async def ended(self, stream_id: MediaStreamId) -> None:
        """Wait until a stream has ended."""
        if running := self._running.get(stream_id):
            await asyncio.shield(running.over)

    async def close(self) -> None:
        """End all streams; closing twice is harmless."""
        running = tuple(self._running.values())
        for each in running:
            each.media.end()
        if running:  # the programs are notified
            await asyncio.wait([each.over for each in running], timeout=CLOSE_S)
        await self._scope.close()
        await self._connector.close()

    def _new(
        self,
        customer_id: CustomerId,
        request: StreamRequest,
        *,
        conference_id: ConferenceId = NO_CONFERENCE,
        call_id: CallId = NO_CALL,
    ) -> AgentStream:
        try:
            checked_url(request.url)
        except ValueError as exc:
            raise InvalidArgument(f"url: {exc}") from exc
        if request.protocol is StreamProtocol.TWILIO and request.format != StreamFormat():
            raise InvalidArgument(
                f"sample_rate: Twilio's streams have {TELEPHONY_HZ} Hz, and no encapsulation"
            )
        return AgentStream(
            id=MediaStreamId(new_id()),
            customer_id=customer_id,
            conference_id=conference_id,
            call_id=call_id,
            request=request,
            tm_create=self._clock.now(),
        )

    def _start(self, agent: AgentStream, media: MediaStream) -> "_Running":
        running = self._running[agent.id] = _Running(media)
        self._live[agent.id] = agent
        self._scope.spawn(f"media stream {agent.id}", self._run(agent.id, running))
        return running

    async def _run(self, stream_id: MediaStreamId, running: "_Running") -> None:
        event, error = MediaStreamEvent.FINISHED, ""
        try:
            connections = Reconnect(
                running.media,
                self._clock,
                self.streams.counters,
                opened=lambda: self._opened(stream_id, running.media),
                lost=lambda error: self._advance(stream_id, MediaStreamEvent.LOST, error),
            )
            await connections.run(lambda: self._connector.connect(self._live[stream_id].request.url))
        except MixMinusError as exc:
            event, error = MediaStreamEvent.REFUSED, str(exc)
        finally:
            running.digits.close()
            self.streams.release(running.media)
            del self._running[stream_id]
            await self._change(stream_id, event, error)
            running.over.set_result(None)

    async def _opened(self, stream_id: MediaStreamId, media: MediaStream) -> None:
        if agent := self._live.get(stream_id):
            media.dialect = _dialect(agent)
        await self._advance(stream_id, MediaStreamEvent.OPENED)

    async def _advance(self, stream_id: MediaStreamId, event: MediaStreamEvent, error: str = "") -> None:
        if stream_id in self._live:
            await self._change(stream_id, event, error)

    def _all(self) -> list[AgentStream]:
        return sorted((*self._ended.values(), *self._live.values()), key=lambda each: each.tm_create)

    async def _change(
        self, stream_id: MediaStreamId, event: MediaStreamEvent, error: str = ""
    ) -> AgentStream:
        """Advance a stream and publish that; one that has ended stays as it is."""
        agent = self._live.get(stream_id)
        if agent is None:
            return self._ended[stream_id]
        now = self._clock.now()
        status = step(MEDIA_STREAM_TRANSITIONS, agent.status, event)
        agent = replace(agent, status=status, error=error, tm_update=now)
        if status is MediaStreamStatus.CONNECTED:
            agent = replace(agent, connections=agent.connections + 1, tm_start=agent.tm_start or now)
        self._live[stream_id] = agent
        if is_final(MEDIA_STREAM_TRANSITIONS, status):
            agent = replace(agent, tm_end=now)
            self._end(agent)
        await self._publish(agent, now)
        return agent

    def _end(self, agent: AgentStream) -> None:
        del self._live[agent.id]
        self._ended[agent.id] = agent
        self.counters["streams.failed"] += agent.status is MediaStreamStatus.FAILED
        if len(self._ended) > _MAX_ENDED:
            self._ended.popitem(last=False)

    async def _publish(self, agent: AgentStream, now: datetime) -> None:
        stream_of = agent.conference_id if agent.conference_id != NO_CONFERENCE else agent.customer_id
        data = MediaStreamView.render(agent, self._store.timestamp_style)
        draft = Draft(stream_of, f"mediastream_{agent.status}", agent.customer_id, data, now)
        self.counters["streams.events_lost"] += not await publish_rowless(self._store, draft)


class _Running:
    """What belongs to a stream until it ends."""

    def __init__(self, media: MediaStream) -> None:
        self.media = media
        self.digits = ExitStack()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()


def _dialect(agent: AgentStream) -> Dialect:
    start = StreamStart(
        stream_id=agent.id,
        customer_id=agent.customer_id,
        conference_id=agent.conference_id,
        call_id=agent.call_id,
        format=agent.request.format,
        listen=agent.request.listen,
        parameters=agent.request.parameters,
    )
    if agent.request.protocol is StreamProtocol.TWILIO:
        return TwilioDialect(start)
    return PlainDialect(agent.request.format, start)
