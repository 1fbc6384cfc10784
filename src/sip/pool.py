"""The pool: edge, zygote and workers, started and restarted by the server process.

Each worker has its own channel to the server. When a worker is lost, the edge moves its established calls to other
workers and ends the rest, and another worker is forked. Other workers are not affected. A process that does not answer
pings is killed, and counts as lost.
"""

import asyncio
import itertools
import secrets
import signal
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from mixminus import log
from mixminus.clock import Clock
from mixminus.errors import Unavailable
from mixminus.heartbeat import watch
from mixminus.model.ids import LegId
from mixminus.sip.channel import Channel, socket_pair
from mixminus.sip.config import SipConfig
from mixminus.sip.messages import (
    AddWorker,
    CallDialled,
    CallEnded,
    CallFreed,
    CallRecorded,
    CallReserved,
    Drain,
    EdgeCounted,
    EdgeOpened,
    Fork,
    IncomingCall,
    Message,
    MoveCall,
    OpenEdge,
    Ping,
    Pinged,
    ReleaseCall,
    RemoveWorker,
    ReserveCall,
    RestoreCall,
    ShutOutCaller,
    WorkerExited,
    WorkerReady,
)
from mixminus.sip.supervision import Backoff, Supervisor
from mixminus.sip.workers import PoolWorker, WorkerEvent, WorkerState, workers_needed
from mixminus.tasks import TaskScope

__all__ = ["WorkerPool"]

_START_S: Final = 30.0
_KEY_BYTES: Final = 32
_MAX_LOST: Final = 64
# What an input can do to a worker; others stop it from outside.
_CRASHES: Final = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})
_LOST_KEPT_S: Final = 32.0
# It initialises pjsua2 before the first fork.
_ZYGOTE_UNANSWERED: Final = 6

_log = log.get("sip.pool")


class WorkerPool:
    """Owns every process of the SIP side; the endpoint sees worker ids and messages only."""

    def __init__(
        self,
        config: SipConfig,
        clock: Clock,
        *,
        on_report: Callable[[int, Message], None],
        on_lost: Callable[[int, Mapping[str, LegId]], list[MoveCall]],
        on_edge: Callable[[Message], None],
    ) -> None:
        self.port = self.tls_port = self.wss_port = 0
        """The public SIP ports, 0 until they are open."""
        self.counters: Counter[str] = Counter()
        self._config = config
        self._clock = clock
        self._on_report = on_report
        self._on_lost = on_lost
        self._on_edge = on_edge
        self._inner_port = 0
        self._workers: dict[int, PoolWorker] = {}
        self._numbers = itertools.count(1)
        self._needed = 1
        """One, until the first worker has reported its capacity."""
        self._accepting = True
        self._backoff = Backoff()
        self._tasks = TaskScope(log.task_failed("sip.pool"))
        self._changed = asyncio.Event()
        self._reservations: dict[LegId, asyncio.Future[int]] = {}
        self._edge_open = False
        self._edge_key = secrets.token_bytes(_KEY_BYTES)
        self._sip_ports: dict[int, int] = {}
        """Of workers that have not exited."""
        self._lost: deque[tuple[float, PoolWorker]] = deque(maxlen=_MAX_LOST)
        supervised = partial(Supervisor, config=config, clock=clock, counters=self.counters)
        self._edge = supervised(
            "mixminus.sip.edge",
            on_message=self._on_edge_report,
            on_start=self._on_edge_start,
            on_loss=self._on_edge_loss,
        )
        self._zygote = supervised(
            "mixminus.sip.zygote",
            on_message=self._on_zygote_report,
            on_start=self._fill,
            on_loss=self._on_zygote_loss,
            most_unanswered=_ZYGOTE_UNANSWERED,
        )

    @property
    def ready(self) -> bool:
        """Whether calls can be taken now."""
        return self._accepting and self._edge_open and self._ready_workers() > 0

    @property
    def worker_pids(self) -> dict[int, int]:
        """Process ids of the workers that are ready, by worker id."""
        return {
            each.worker_id: each.pid for each in self._workers.values() if each.state is WorkerState.READY
        }

    async def start(self) -> None:
        """Start all processes; return when ``max_calls`` can be taken, or raise Unavailable."""
        self._edge.start()
        self._zygote.start()
        self._tasks.keep("watch workers", self._watch_workers)
        try:
            async with asyncio.timeout(_START_S):
                while not (self.ready and self._ready_workers() >= self._needed):
                    self._changed.clear()
                    await self._changed.wait()
                    if self._edge.losses and not self._edge_open:
                        raise Unavailable("the SIP port cannot be opened: is it in use?")
        except TimeoutError:
            raise Unavailable("the SIP workers have not started in time") from None

    async def reserve(self, leg_id: LegId) -> int:
        """Reserve a worker for an outgoing call at the edge; return its id or raise Unavailable."""
        if not self.ready:
            raise Unavailable("no SIP worker is ready")
        reservation: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reservations[leg_id] = reservation
        self._edge.send(ReserveCall(leg_id))
        try:
            worker_id = await reservation
        finally:
            del self._reservations[leg_id]
        worker = self._workers.get(worker_id)
        if worker is None:
            raise Unavailable("all SIP workers are busy")
        worker.reserved.add(leg_id)
        return worker_id

    def release(self, leg_id: LegId) -> None:
        """Release the reservation of a call that was not dialled."""
        self._edge.send(ReleaseCall(str(leg_id)))

    def leg_of(self, sip_call_id: str) -> tuple[int, LegId] | None:
        """Return the worker and the leg of a call, None if it is over."""
        found = (
            (each.worker_id, each.legs[sip_call_id])
            for each in self._workers.values()
            if sip_call_id in each.legs
        )
        return next(found, None)

    def call_ids_of(self, leg_id: LegId) -> set[str]:
        """Return the Call-IDs of a leg's calls that are not over."""
        legs = (each for worker in self._workers.values() for each in worker.legs.items())
        return {call_id for call_id, leg in legs if leg == leg_id}

    def send(self, worker_id: int, message: Message) -> None:
        """Send a command to a worker; dropped if it has exited."""
        if worker := self._workers.get(worker_id):
            worker.channel.send(message)

    def send_edge(self, message: Message) -> None:
        """Send a command to the edge; dropped while it is not running."""
        self._edge.send(message)

    async def close(self) -> None:
        """Hang up every call, then stop all processes; closing twice is harmless."""
        self._accepting = False
        await self._tasks.close()
        self._edge.send(Drain())
        for worker in list(self._workers.values()):
            worker.channel.send(Drain())
        try:
            async with asyncio.timeout(self._config.drain_s):
                while self._workers:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            self.counters["sip_drain_timeouts"] += 1
        for worker in list(self._workers.values()):
            worker.channel.close()
        self._workers.clear()
        await asyncio.gather(self._zygote.close(), self._edge.close())
        self._edge_open = False

    def _ready_workers(self) -> int:
        return sum(worker.state is WorkerState.READY for worker in self._workers.values())

    def _fill(self) -> None:
        """Fork the missing workers, once the edge's loopback port is known."""
        while self._accepting and self._zygote.pid and self._inner_port and len(self._workers) < self._needed:
            self._fork(next(self._numbers))

    def _fork(self, worker_id: int) -> None:
        ours, theirs = socket_pair()
        channel = Channel(
            ours,
            on_message=lambda message: self._on_worker_report(worker_id, message),
            on_disconnect=lambda: self._on_worker_loss(worker_id),
        )
        self._workers[worker_id] = PoolWorker(worker_id, channel)
        with theirs:
            command = Fork(
                worker_id, self._config.max_calls, self._config.session_expires_s, self._inner_port
            )
            self._zygote.send_with_descriptor(command, theirs.fileno())

    def _on_worker_report(self, worker_id: int, message: Message) -> None:
        worker = self._workers[worker_id]
        worker.heartbeat.answered()
        match message:
            case Pinged():
                return
            case WorkerReady(sip_port, capacity, pid):
                worker.sip_port, worker.capacity, worker.pid = sip_port, capacity, pid
                self._sip_ports[worker_id] = sip_port
                worker.fire(WorkerEvent.STARTED)
                self._add_to_edge(worker)
                self._needed = workers_needed(self._config.max_calls, capacity, self._config.spare_workers)
                self._fill()
                self._changed.set()
                return
            case IncomingCall(leg_id, sip_call_id) | CallDialled(leg_id, sip_call_id):
                worker.legs[sip_call_id] = leg_id
                for _, lost in self._lost:
                    lost.records.pop(sip_call_id, None)
            case CallEnded(leg_id=leg_id, sip_call_id=sip_call_id):
                worker.legs.pop(sip_call_id, None)
                if leg_id in worker.reserved:
                    # It may have ended before its INVITE reached the edge.
                    worker.reserved.discard(leg_id)
                    self.release(leg_id)
            case CallFreed(sip_call_id):
                worker.records.pop(sip_call_id, None)
                self._edge.send(ReleaseCall(sip_call_id))
                return
        self._on_report(worker_id, message)

    def _add_to_edge(self, worker: PoolWorker) -> None:
        self._edge.send(AddWorker(worker.worker_id, worker.sip_port, worker.capacity))
        for record in worker.records.values():
            self._edge.send(RestoreCall(worker.worker_id, record))

    def _remove_from_edge(self, worker: PoolWorker) -> None:
        """Have the edge move those calls of a lost worker that no other one has yet, and end the rest."""
        for move in worker.moves:
            if move.sip_call_id in worker.records:
                self._edge.send(move)
        self._edge.send(RemoveWorker(worker.worker_id))

    def _on_worker_loss(self, worker_id: int) -> None:
        worker = self._workers.pop(worker_id)
        worker.fire(WorkerEvent.DISCONNECTED)
        worker.moves = self._on_lost(worker_id, worker.legs)
        self._remove_from_edge(worker)
        if worker.records:
            self._lost.append((self._clock.monotonic_s(), worker))
        self._changed.set()
        if self._accepting:
            self.counters["sip_workers_lost"] += 1
            _log.error("worker lost", worker=worker_id, calls=len(worker.legs))
            self._tasks.spawn("refill", self._refill())

    async def _watch_workers(self) -> None:
        await watch(
            self._clock,
            self._workers.values,
            ping=lambda each: each.channel.send(Ping()),
            on_stuck=self._end_stuck,
            at_rest=lambda each: each.at_rest,
        )

    def _end_stuck(self, worker: PoolWorker) -> None:
        """Kill a worker that does not answer, and go on as after a crash."""
        self.counters["sip_processes_stuck"] += 1
        _log.error("worker does not answer", worker=worker.worker_id)
        worker.kill()
        self._on_worker_loss(worker.worker_id)

    async def _refill(self) -> None:
        await self._clock.sleep(self._backoff.next_delay_s(self._clock.monotonic_s()))
        self._fill()

    def _on_zygote_report(self, message: Message) -> None:
        match message:
            case WorkerExited(worker_id, exit_code):
                sip_port = self._sip_ports.pop(worker_id, 0)
                if self._accepting:
                    _log.warning("worker exited", worker=worker_id, exit_code=exit_code)
                if -exit_code in _CRASHES and sip_port:
                    self._edge.send(ShutOutCaller(sip_port))

    def _on_zygote_loss(self) -> None:
        """Keep the workers that are ready; drop the others, which may not be forked yet."""
        self._sip_ports.clear()
        for worker in [each for each in self._workers.values() if each.state is WorkerState.STARTING]:
            worker.channel.close()
            del self._workers[worker.worker_id]
        self._changed.set()

    def _on_edge_start(self) -> None:
        config = self._config
        self._edge.send(
            OpenEdge(
                hosts=config.hosts,
                port=self.port or config.port,  # after a restart phones use the same port
                public_hosts=config.advertised_hosts,
                inner_port=self._inner_port,
                invites_per_s=config.invites_per_s,
                proxies=config.proxies,
                messages_per_s=config.messages_per_s,
                domain=config.domain,
                digests=config.digests,
                key=self._edge_key,
                tls_port=self.tls_port or config.tls_port,
                wss_port=self.wss_port or config.wss_port,
                certificate=config.tls_certificate,
                certificate_key=config.tls_key,
                trusted=config.tls_trusted,
                clients=config.tls_clients,
                relay_host=config.relay_host,
                node_key=config.node_key,
            )
        )

    def _on_edge_report(self, message: Message) -> None:
        match message:
            case EdgeOpened(port, inner_port, tls_port, wss_port):
                self.port, self._inner_port = port, inner_port
                self.tls_port, self.wss_port = tls_port or self.tls_port, wss_port or self.wss_port
                self._edge_open = True
                for worker in self._workers.values():
                    if worker.state is WorkerState.READY:
                        self._add_to_edge(worker)
                self._end_lost_calls()
                self._fill()
                self._changed.set()
                self._on_edge(message)
            case CallReserved(leg_id, worker_id):
                reservation = self._reservations.get(leg_id)
                if reservation and not reservation.done():
                    reservation.set_result(worker_id)
                else:
                    self.release(leg_id)
            case CallRecorded(worker_id, sip_call_id, record):
                self._record(worker_id, sip_call_id, record)
            case EdgeCounted(counters):
                self.counters |= Counter(dict(counters))
            case _:
                self._on_edge(message)

    def _record(self, worker_id: int, sip_call_id: str, record: str) -> None:
        worker = self._workers.get(worker_id)
        if worker and record:
            worker.records[sip_call_id] = record
        elif worker:
            worker.records.pop(sip_call_id, None)

    def _end_lost_calls(self) -> None:
        """Let a new edge end the calls of workers lost a short time ago: the previous one may not have done it."""
        for lost_at_s, worker in self._lost:
            if self._clock.monotonic_s() - lost_at_s < _LOST_KEPT_S:
                self._add_to_edge(worker)
                self._remove_from_edge(worker)

    def _on_edge_loss(self) -> None:
        self._edge_open = False
        for reservation in self._reservations.values():
            if not reservation.done():
                reservation.set_result(0)
        self._changed.set()
