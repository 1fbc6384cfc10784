"""The edge process: ``python -m mixminus.sip.edge DESCRIPTOR LOG_LEVEL LOG_FORMAT``."""

import asyncio
import socket
import sys
from collections import Counter
from typing import Final

import uvloop

from mixminus import log
from mixminus.clock import SystemClock
from mixminus.errors import Unavailable
from mixminus.garbage import leave_out_existing
from mixminus.hosts import facing
from mixminus.sip.channel import Channel, MalformedMessage
from mixminus.sip.config import EDGE_CLEANUP_S
from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToServer
from mixminus.sip.edge.calls import Worker
from mixminus.sip.edge.digest import ALGORITHMS, Algorithm
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.network import Network
from mixminus.sip.edge.router import Router
from mixminus.sip.edge.tracer import Tracer
from mixminus.sip.edge.tryings import HOLD_S
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import (
    AddWorker,
    AnswerAccount,
    AnswerRegistration,
    CallReserved,
    Drain,
    EdgeCounted,
    EdgeOpened,
    FollowCall,
    ForgetAccounts,
    Message,
    MoveCall,
    OpenEdge,
    Ping,
    Pinged,
    ProbeServers,
    Register,
    ReleaseCall,
    RemoveWorker,
    ReserveCall,
    RestoreCall,
    SetOverloaded,
    ShutOutCaller,
    StopProbes,
    UnfollowCall,
    Unregister,
    UnwatchCalls,
    WatchCalls,
)
from mixminus.sip.supervision import rearm_watchdog, start_child_process
from mixminus.tasks import TaskScope

__all__ = ["EdgeProcess", "main"]

_POLL_S: Final = 0.25
_POLLS_A_REPORT: Final = 8
_US_PER_S: Final = 1_000_000
_NO_TIME_S: Final = 0.02
"""Until newcomers may take time again."""
_BACKLOG: Final = 32
"""What libuv reads of a socket at once: if so many have come since the last newcomer was read, more wait in the kernel."""
_ROUNDS_BEFORE_NEWCOMER: Final = 8

_ALGORITHMS: Final[dict[str, tuple[Algorithm, ...]]] = {
    "both": ALGORITHMS,
    "sha-256": ("sha256",),
    "md5": ("md5",),
}

_log = log.get("sip.edge")


class EdgeProcess:
    """Connects the router to the sockets and to the server."""

    def __init__(self, end: socket.socket) -> None:
        self._clock = SystemClock()
        self._disconnected = asyncio.Event()
        self._drained = False
        self._channel = Channel(end, on_message=self._on_command, on_disconnect=self._disconnected.set)
        self._tasks = TaskScope(self._on_task_error)
        self._router: Router | None = None
        self._network: Network | None = None
        self._counters: Counter[str] = Counter()
        self._counted: dict[str, int] = {}
        self._public_hosts: tuple[str, ...] = ()
        self._newcomers_due: asyncio.Handle | None = None
        self._tryings_due: asyncio.TimerHandle | None = None
        self._received = self._rounds = 0
        """Messages since the last look at newcomers, and looks since the last one that was read."""
        self._tracer = Tracer(
            self._channel.send,
            self._counters,
            backlog=lambda: self._channel.backlog,
            leg_of=lambda call_id: self._router.leg_of(call_id) if self._router else "",
        )

    async def run(self) -> None:
        """Serve until the server closes the channel; if it crashed, stay while the workers end their calls."""
        self._tasks.keep("poll", self._poll)
        await self._disconnected.wait()
        if self._router and not self._drained:
            self._router.drain(self._clock.monotonic_s())
            self._flush()
            await asyncio.sleep(EDGE_CLEANUP_S if self._router.busy else 0)
        await self._tasks.close()
        if self._newcomers_due:
            self._newcomers_due.cancel()
        if self._network:
            await self._network.close()

    def _on_task_error(self, name: str, error: BaseException) -> None:
        """Exit when a task fails: the server starts another edge."""
        _log.error("edge failed", task=name, exc_info=error)
        self._router = None
        self._disconnected.set()

    def _on_command(self, command: Message) -> None:
        if isinstance(command, OpenEdge):
            self._tasks.spawn("open", self._open(command))
            return
        if isinstance(command, Ping):
            self._channel.send(Pinged())
            return
        if not (self._router and self._network):
            return
        match command:
            case AddWorker() | RestoreCall() | MoveCall() | RemoveWorker() | ShutOutCaller():
                self._on_worker_command(self._router, command)
            case ReserveCall(leg_id):
                self._channel.send(CallReserved(leg_id, self._router.reserve(str(leg_id))))
            case ReleaseCall(sip_call_id):
                self._router.release(sip_call_id, self._clock.monotonic_s())
            case (
                AnswerAccount()
                | AnswerRegistration()
                | ForgetAccounts()
                | Register()
                | Unregister()
                | ProbeServers()
                | StopProbes()
            ):
                for action in self._router.on_directory(command, self._clock.monotonic_s()):
                    self._send(action)
            case FollowCall() | UnfollowCall() | WatchCalls() | UnwatchCalls():
                self._tracer.on_command(command)
            case SetOverloaded() | Drain():
                self._refuse_calls(self._router, command)
            case _:
                _log.error("command unknown", type=type(command).__name__)
        self._flush()

    def _refuse_calls(self, router: Router, command: SetOverloaded | Drain) -> None:
        """Refuse new calls: from now on, or while the server has no time for them."""
        if isinstance(command, SetOverloaded):
            router.set_overloaded(on=command.on)
        else:
            self._drained = True
            router.drain(self._clock.monotonic_s())

    def _on_worker_command(
        self, router: Router, command: AddWorker | RestoreCall | MoveCall | RemoveWorker | ShutOutCaller
    ) -> None:
        match command:
            case AddWorker(worker_id, sip_port, capacity):
                router.add_worker(Worker(worker_id, sip_port, capacity))
            case RestoreCall(worker_id, record):
                router.restore(worker_id, record, self._clock.monotonic_s())
            case MoveCall():
                router.move(command)
            case RemoveWorker(worker_id):
                for ending in router.remove_worker(worker_id, self._clock.monotonic_s()):
                    self._send(ending)
            case ShutOutCaller(sip_port):
                router.shut_out(sip_port, self._clock.monotonic_s())

    async def _open(self, command: OpenEdge) -> None:
        """Bind first: the router needs the ports."""
        network = Network(
            self._clock,
            self._from_phone,
            self._from_worker,
            self._counters,
            on_undelivered=self._undelivered,
            on_websocket_closed=self._websocket_closed,
            is_known=self._is_known,
        )
        await network.open(command.hosts, command.port, command.inner_port, relay_host=command.relay_host)
        network.trust(command.trusted, command.clients)
        tls_port = await self._open_tls(network, command, command.tls_port)
        wss_port = await self._open_tls(network, command, command.wss_port, websocket=True)
        host, *other = command.public_hosts
        self._router = Router(
            Identity(
                host,
                network.port,
                network.inner_port,
                command.key,
                tls_port,
                wss_port,
                "".join(other),
                command.node_key,
            ),
            self._counters,
            limits=SourceLimits(command.invites_per_s, command.messages_per_s, frozenset(command.proxies)),
            domain=command.domain,
            algorithms=_ALGORITHMS[command.digests],
            names_of=network.names_of,
        )
        self._network, self._public_hosts = network, command.public_hosts
        self._channel.send(EdgeOpened(network.port, network.inner_port, tls_port, wss_port))

    @staticmethod
    async def _open_tls(
        network: Network, command: OpenEdge, port: int | None, *, websocket: bool = False
    ) -> int:
        """Return the port of TLS; 0 without it, also where its files cannot be used any more after a restart."""
        if port is None:
            return 0
        try:
            return await network.open_tls(
                command.hosts,
                port,
                command.certificate,
                command.certificate_key,
                websocket=websocket,
            )
        except Unavailable as error:
            _log.error("no SIP over TLS", cause=str(error))
            return 0

    def _from_phone(self, received: bytes, source: Flow) -> None:
        if self._router and self._network:
            self._trace(received, source, sent=False)
            now_s = self._clock.monotonic_s()
            self._received += 1
            if not self._router.keeps(received, source, now_s):
                self._read(self._router, received, source, now_s)
            elif self._router.newcomers and not self._newcomers_due:
                self._newcomers_due = asyncio.get_running_loop().call_soon(self._read_newcomer)
            self._network.drop_sources(self._router.flooders(now_s))

    def _read(self, router: Router, message: bytes, source: Flow, now_s: float) -> None:
        began_s = self._clock.cpu_s()
        self._send(router.from_phone(message, source, now_s))
        self._flush()
        router.spent(source, self._clock.cpu_s() - began_s, now_s)

    def _read_newcomer(self) -> None:
        """Read one message of a newcomer, and what has come meanwhile before the next one: the kernel's buffer must not overflow."""
        self._newcomers_due = None
        if not self._router:
            return
        late, self._received = self._received >= _BACKLOG, 0
        self._rounds += 1
        wait_s = 0.0
        if not late or self._rounds > _ROUNDS_BEFORE_NEWCOMER:
            self._rounds = 0
            now_s = self._clock.monotonic_s()
            newcomer = self._router.next_newcomer(now_s)
            if newcomer:
                self._read(self._router, *newcomer, now_s)
            else:
                wait_s = _NO_TIME_S
        if self._router.newcomers:
            self._newcomers_due = asyncio.get_running_loop().call_later(wait_s, self._read_newcomer)

    def _from_worker(self, received: bytes, sip_port: int) -> None:
        if self._router:
            self._send(self._router.from_worker(received, sip_port, self._clock.monotonic_s()))
            self._flush()
            self._await_tryings(self._router)

    def _await_tryings(self, router: Router) -> None:
        """Wake up when a 100 is due, and not where none is kept any more: most calls are answered before."""
        if router.keeps_trying and not self._tryings_due:
            self._tryings_due = asyncio.get_running_loop().call_later(HOLD_S, self._send_tryings)
        elif self._tryings_due and not router.keeps_trying:
            self._tryings_due.cancel()
            self._tryings_due = None

    def _send_tryings(self) -> None:
        """Send the 100s that are due; the others, which came later, within another ``HOLD_S``."""
        self._tryings_due = None
        if self._router:
            for action in self._router.tryings(self._clock.monotonic_s()):
                self._send(action)
            self._flush()
            self._await_tryings(self._router)

    def _send(self, action: Action) -> None:
        """Send an action to the server, a worker or a phone."""
        if isinstance(action, ToServer):
            self._report(action.message)
        elif self._network and self._router:
            if isinstance(action, ToPhone) and not self._router.may_send(action, self._clock.monotonic_s()):
                return
            if isinstance(action, ToPhone):
                self._trace(action.message, action.flow, sent=True)
            self._network.send(action)

    def _report(self, message: Message) -> None:
        """Send a message to the server; one that no channel can hold is counted, and logged by its type alone."""
        try:
            self._channel.send(message)
        except MalformedMessage:
            self._counters["sip_edge_failed"] += 1
            _log.error("report cannot be sent", type=type(message).__name__)

    def _trace(self, message: bytes, flow: Flow, *, sent: bool) -> None:
        """Let the tracer copy a message that passes the public side."""
        if self._tracer.active and self._network:
            own = (facing(self._public_hosts, flow.host), self._network.port)
            self._tracer.passed(
                message,
                sent=sent,
                transport=flow.transport,
                addresses=self._network.addresses(flow) or (own, (flow.host, flow.port)),
                at_us=int(self._clock.now().timestamp() * _US_PER_S),
                now_s=self._clock.monotonic_s(),
            )

    def _is_known(self, host: str) -> bool:
        return bool(self._router and self._router.is_verified(host, self._clock.monotonic_s()))

    def _flush(self) -> None:
        """Send what the router has left in its outbox."""
        for action in self._router.outbox() if self._router else ():
            self._send(action)

    def _websocket_closed(self, flow: Flow) -> None:
        if self._router:
            self._send(self._router.websocket_closed(flow))

    def _undelivered(self, message: bytes) -> None:
        if self._router and self._network:
            self._network.send(self._router.undelivered(message, self._clock.monotonic_s()))

    async def _poll(self) -> None:
        polls = 0
        while True:
            await asyncio.sleep(_POLL_S)
            rearm_watchdog()
            polls += 1
            if not (self._router and self._network):
                continue
            now_s = self._clock.monotonic_s()
            for action in self._router.poll(now_s):
                self._send(action)
            self._flush()
            self._network.drop_sources(self._router.flooders(now_s))
            self._network.close_idle(now_s)
            if polls % _POLLS_A_REPORT == 0:
                self._report_counters()
                self._network.refresh_tls()

    def _report_counters(self) -> None:
        if self._network:
            self._counters["sip_edge_kernel_dropped"] = self._network.dropped_by_kernel()
        grown = {name: value for name, value in self._counters.items() if value != self._counted.get(name, 0)}
        if grown:
            self._counted.update(grown)
            self._channel.send(EdgeCounted(tuple(grown.items())))


async def _serve(descriptor: int) -> None:
    await EdgeProcess(socket.socket(fileno=descriptor)).run()


def main() -> None:
    """Run the edge on the descriptor that the server has passed."""
    _, descriptor, level, log_format = sys.argv
    start_child_process("mm-sip-edge")
    log.configure(level=level, json=log_format == "json")
    leave_out_existing()
    uvloop.run(_serve(int(descriptor)))


if __name__ == "__main__":
    main()
