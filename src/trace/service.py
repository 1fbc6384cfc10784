"""TraceService: traces of calls, from the request to the end of their retention.

POST /calls/{id}/trace, POST /traces   a session (``session.py``) collects, within its bounds
SIP edge, engine                       messages and statistics (``collector.py``)
other nodes                            the same of calls that are there (``parts.py``)
once a second                          entries go to the disk (``files.py``); what is due ends
GET /traces/{id}/...                   a capture (``pcapng.py``) or a ladder diagram (``ladder.py``) of the entries
"""

import asyncio
import builtins
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.call.registry import ANY_STATUS, LiveCalls
from mixminus.call.service import CallService
from mixminus.clock import Clock
from mixminus.errors import InvalidArgument
from mixminus.log import get, task_failed
from mixminus.model.access import Identity
from mixminus.model.ids import CallId, CustomerId, TraceId, new_id
from mixminus.model.trace import Trace, TraceEndReason, TraceSpec, TraceStatus
from mixminus.store.page import Page
from mixminus.tasks import TaskScope
from mixminus.threads import named_threads
from mixminus.trace.collector import Collector
from mixminus.trace.entries import Entry
from mixminus.trace.errors import NothingToTrace, TooManyTraces, TraceEnded, TraceNotFound, TraceUnavailable
from mixminus.trace.files import TraceFiles
from mixminus.trace.for_others import ForOthers
from mixminus.trace.parts import Collected, Nodes, Parts, Wanted
from mixminus.trace.protocols import SipTraces, TracedMessage
from mixminus.trace.session import TraceSession

__all__ = ["TraceConfig", "TraceService"]

_SECONDS_A_SAMPLE: Final = 2
_MAINTENANCE_S: Final = 3600.0
_MAX_RUNNING_A_CUSTOMER: Final = 5
_MAX_KEPT_A_CUSTOMER: Final = 50

T = TypeVar("T")
Render = Callable[[Trace, list[Entry]], bytes]
"""Makes a file of a trace."""
log = get("trace")


@dataclass(frozen=True, slots=True)
class TraceConfig:
    """Where traces are, and their bounds."""

    folder: Path
    default_s: int = 600
    """How long a trace runs if its request does not say."""
    max_s: int = 3600
    max_running: int = 20
    """Of all customers; 0 permits none."""
    retention_days: int = 7


class TraceService:
    """Another customer's id is a 404; every start, end, download and deletion is logged."""

    def __init__(
        self, clock: Clock, *, live_calls: LiveCalls, calls: CallService, config: TraceConfig
    ) -> None:
        self.counters: Counter[str] = Counter({"trace.failed": 0, "trace.candidates_dropped": 0})
        self._clock = clock
        self._calls = calls
        self._config = config
        self._collector = Collector(clock, live_calls, self.counters)
        self._parts = Parts(clock, self._collector)
        self._for_others = ForOthers(clock, self._collector)
        self._files = TraceFiles(config.folder)
        # One thread: what is written first is on the disk first.
        self._disk = named_threads(1, "mm-trace")
        self._traces: dict[TraceId, Trace] = {}
        self._work: asyncio.Task[None] | None = None
        self._scope = TaskScope(task_failed("trace"))

    def use_sip(self, sip: SipTraces) -> None:
        """Collect SIP messages; called when the transport is there."""
        self._collector.use_sip(sip)

    def use_nodes(self, nodes: Nodes) -> None:
        """Collect from other nodes, too."""
        self._parts.nodes = nodes

    async def start(self) -> None:
        """Load the traces of earlier runs, end those that still ran, and begin to delete what is too old."""
        for trace in await self._on_disk(self._files.load):
            if trace.status is not TraceStatus.ENDED:
                trace = await self._repair(trace)  # noqa: PLW2901 - as it is from now on
            self._traces[trace.id] = trace
        self._scope.keep("maintenance", self._maintain)

    async def close(self) -> None:
        """End the traces that run; closing twice is harmless."""
        for session in self._running():
            await self._end(session, TraceEndReason.RESTART)
        await self._scope.close()
        self._disk.shutdown()

    async def trace_call(self, identity: Identity, call_id: CallId, duration_s: int) -> Trace:
        """Trace a live call from now on, for a time or (0) the default; raises as ``CallService.require``, and TooManyTraces."""
        live = await self._calls.require(identity.customer_id, call_id, ANY_STATUS)
        return await self._begin(identity, TraceSpec(self._duration_s(duration_s), call_id=live.id), live)

    async def trace_next(
        self, identity: Identity, *, number: str, peer: str, calls: int, duration_s: int
    ) -> Trace:
        """Trace the next calls of a number, a peer or both; raises NothingToTrace, TooManyTraces."""
        if not number and not peer:
            raise NothingToTrace(
                "number or peer is required: a number of the calls, or the address of the phone"
            )
        spec = TraceSpec(self._duration_s(duration_s), number=number, peer=peer, calls=calls)
        trace = await self._begin(identity, spec, None)
        await self._gather(trace.id)
        return self.get(identity.customer_id, trace.id)

    def collect(self, trace_id: TraceId, wanted: Wanted) -> Collected:
        """Collect for a trace of another node; return what was not said to have arrived. Raises TooManyTraces."""
        if trace_id not in self._for_others and len(self._collector.sessions) >= self._config.max_running:
            raise TooManyTraces("as many traces run at this node as may")
        collected = self._for_others.collect(trace_id, wanted)
        self._work_on()
        return collected

    def end_for_other(self, trace_id: TraceId) -> None:
        """Collect no more for a trace of another node; harmless if nothing is collected."""
        self._for_others.end(trace_id)

    def get(self, customer_id: CustomerId, trace_id: TraceId) -> Trace:
        """Return a customer's trace as it is now; raise TraceNotFound."""
        trace = self._traces.get(trace_id)
        if trace and (running := self._collector.sessions.get(trace_id)):
            trace = running.trace
        if trace is None or trace.customer_id != customer_id:
            raise TraceNotFound(f"no trace {trace_id}")
        return trace

    def list(self, customer_id: CustomerId, page: Page) -> list[Trace]:
        """Return a customer's traces, newest first."""
        own = [
            self.get(customer_id, each.id)
            for each in self._traces.values()
            if each.customer_id == customer_id
        ]
        own = [each for each in own if each.tm_create < page.before]
        return sorted(own, key=lambda each: each.tm_create, reverse=True)[: page.size]

    async def stop(self, identity: Identity, trace_id: TraceId) -> Trace:
        """End a trace that runs; raise TraceNotFound, TraceEnded."""
        trace = self.get(identity.customer_id, trace_id)
        await self._gather(trace_id)
        session = self._collector.sessions.get(trace_id)
        if session is None:
            raise TraceEnded(f"trace {trace_id} has ended")
        await self._end(session, TraceEndReason.STOPPED, **_who(identity))
        return self.get(identity.customer_id, trace.id)

    async def delete(self, identity: Identity, trace_id: TraceId) -> Trace:
        """Stop a trace if it runs, and delete all of it; raise TraceNotFound."""
        trace = self.get(identity.customer_id, trace_id)
        if session := self._collector.sessions.get(trace_id):
            await self._end(session, TraceEndReason.STOPPED, **_who(identity))
            trace = session.trace
        self._traces.pop(trace_id, None)
        await self._on_disk(lambda: self._files.delete(trace_id))
        log.info("trace deleted", trace_id=str(trace_id), **_who(identity))
        return trace

    async def download(
        self,
        identity: Identity,
        trace_id: TraceId,
        render: Render,
        *,
        form: str,
    ) -> bytes:
        """Return what a function makes of the entries so far, on the disk's thread; raise TraceNotFound."""
        trace = self.get(identity.customer_id, trace_id)
        if session := self._collector.sessions.get(trace_id):
            await self._save(session)
        rendered = await self._on_disk(lambda: render(trace, self._files.read(trace_id)))
        log.info("trace downloaded", trace_id=str(trace_id), form=form, **_who(identity))
        return rendered

    def on_sip_message(self, traced: TracedMessage) -> None:
        """Take a message from the SIP edge; implements ``protocols.TraceReceiver``."""
        self._collector.on_sip_message(traced)

    async def run_maintenance(self) -> None:
        """Delete what is older than the retention."""
        oldest = self._clock.now() - timedelta(days=self._config.retention_days)
        for trace in [each for each in self._traces.values() if each.tm_end and each.tm_end < oldest]:
            await self._discard(trace, "trace expired")

    def _duration_s(self, wanted: int) -> int:
        if wanted > self._config.max_s:
            raise InvalidArgument(f"duration: at most {self._config.max_s} seconds")
        return wanted or min(self._config.default_s, self._config.max_s)

    async def _begin(self, identity: Identity, spec: TraceSpec, live: LiveCall | None) -> Trace:
        self._check_room(identity.customer_id)
        now = self._clock.now()
        trace = Trace(
            id=TraceId(new_id()),
            customer_id=identity.customer_id,
            spec=spec,
            status=TraceStatus.WAITING,
            tm_create=now,
            tm_expire=now + timedelta(seconds=spec.duration_s),
            tm_update=now,
        )
        session = TraceSession(trace)
        self._traces[trace.id] = trace
        self._collector.begin(session, live)
        try:
            await self._on_disk(lambda: self._files.save(session.trace))
        except TraceUnavailable:
            self._collector.end(session)
            del self._traces[trace.id]
            raise
        calls = {"call_id": str(live.id)} if live else {"calls": spec.calls}
        log.info(
            "trace started", trace_id=str(trace.id), duration_s=spec.duration_s, **calls, **_who(identity)
        )
        await self._make_room(identity.customer_id)
        self._work_on()
        return session.trace

    def _running(self) -> builtins.list[TraceSession]:
        """Return the sessions of this node's own traces."""
        return [each for id_, each in self._collector.sessions.items() if id_ in self._traces]

    async def _gather(self, trace_id: TraceId) -> None:
        """Take what other nodes have collected for a trace, if it runs."""
        if session := self._collector.sessions.get(trace_id):
            await self._parts.gather([session])

    def _work_on(self) -> None:
        """Work once a second from now on."""
        if self._work is None or self._work.done():
            self._work = self._scope.spawn("collect", self._collect())

    def _check_room(self, customer_id: CustomerId) -> None:
        running = [each.trace for each in self._collector.sessions.values()]
        own = sum(each.customer_id == customer_id for each in running)
        if len(running) >= self._config.max_running or own >= _MAX_RUNNING_A_CUSTOMER:
            raise TooManyTraces("as many traces run as may: stop one, or wait for its end")

    async def _make_room(self, customer_id: CustomerId) -> None:
        """Delete the oldest ended traces of a customer who has too many."""
        own = sorted(
            (each for each in self._traces.values() if each.customer_id == customer_id),
            key=lambda each: each.tm_create,
        )
        ended = [each for each in own if each.id not in self._collector.sessions]
        for trace in ended[: max(len(own) - _MAX_KEPT_A_CUSTOMER, 0)]:
            await self._discard(trace, "trace replaced")

    async def _collect(self) -> None:
        """Work once a second while there is a trace."""
        seconds = 0
        while not self._collector.idle:
            await self._clock.sleep(1)
            seconds += 1
            self._collector.expire()
            self._for_others.expire()
            await self._parts.gather(self._running())
            if seconds % _SECONDS_A_SAMPLE == 1:
                self._collector.sample()
            for session in self._running():
                if reason := session.end_due(self._clock.now(), self._clock.monotonic_s()):
                    await self._end(session, reason)
                else:
                    await self._save_or_end(session)

    async def _save_or_end(self, session: TraceSession) -> None:
        try:
            await self._save(session)
        except TraceUnavailable:
            await self._end(session, TraceEndReason.DISK_FAILED)

    async def _save(self, session: TraceSession) -> None:
        """Write the entries that wait."""
        lines, session.unsaved = session.unsaved, []
        if lines:
            await self._on_disk(lambda: self._files.append(session.trace.id, lines))

    async def _end(self, session: TraceSession, reason: TraceEndReason, **who: str) -> None:
        trace_id = session.trace.id
        if trace_id not in self._collector.sessions:
            return  # ended in the meantime
        self._collector.end(session)
        self._scope.spawn("parts", self._parts.end(trace_id))
        session.end(reason, self._clock.now())
        self._traces[trace_id] = trace = session.trace
        try:
            await self._save(session)
            await self._on_disk(lambda: self._files.save(trace))
        except TraceUnavailable:
            self.counters["trace.failed"] += 1
            log.error("trace not saved", trace_id=str(trace_id))
        log.info(
            "trace ended",
            trace_id=str(trace_id),
            customer_id=str(trace.customer_id),
            end_reason=str(reason),
            messages=trace.messages,
            **{name: each for name, each in who.items() if name != "customer_id"},
        )

    async def _repair(self, trace: Trace) -> Trace:
        """End a trace that ran when the server crashed: it has what is on the disk."""
        entries = await self._on_disk(lambda: self._files.read(trace.id))
        session = TraceSession(replace(trace, messages=0, statistics=0, size=0))
        for entry in entries:
            session.add(entry)
        calls: Mapping[UUID, None] = dict.fromkeys(each.call_id for each in entries)
        session.trace = replace(session.trace, call_ids=tuple(calls) or trace.call_ids)
        session.end(TraceEndReason.RESTART, self._clock.now())
        await self._on_disk(lambda: self._files.save(session.trace))
        return session.trace

    async def _discard(self, trace: Trace, event: str) -> None:
        del self._traces[trace.id]
        await self._on_disk(lambda: self._files.delete(trace.id))
        log.info(event, trace_id=str(trace.id), customer_id=str(trace.customer_id))

    async def _maintain(self) -> None:
        while True:
            try:
                await self.run_maintenance()
            except TraceUnavailable:
                log.error("traces not deleted")
            await self._clock.sleep(_MAINTENANCE_S)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        """Run blocking work in order; raise TraceUnavailable if the disk fails."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._disk, work)
        except OSError as error:
            raise TraceUnavailable("the disk does not take traces: see the server's log") from error


def _who(identity: Identity) -> dict[str, str]:
    """Return who acts, for the log."""
    who = {"customer_id": str(identity.customer_id)}
    for name in ("agent_id", "access_key_id"):
        if found := getattr(identity, name):
            who[name] = str(found)
    return who
