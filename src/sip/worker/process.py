"""A worker process: one thread that serves pjsua2 and the channel to the server.

``libHandleEvents`` runs every callback of pjsua2, and commands are handled between two such
calls: nothing here is re-entered.
"""

import ctypes
import math
import os
import select
from dataclasses import dataclass
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus import log
from mixminus.clock import SystemClock
from mixminus.sip.channel import BlockingChannel, Disconnected
from mixminus.sip.messages import (
    Answer,
    Ask,
    Attach,
    Dial,
    Drain,
    Fork,
    HangUp,
    Hold,
    Message,
    Notify,
    Ping,
    Pinged,
    Progress,
    Refer,
    Reject,
    Ring,
    SendText,
    WorkerReady,
)
from mixminus.sip.supervision import rearm_watchdog
from mixminus.sip.worker.calls import Calls, SipAccount, account_config
from mixminus.sip.worker.pjlib import (
    BRIDGE_RATE_HZ,
    ConferenceBridge,
    Slots,
    Timers,
    load_library,
    seed_random,
)
from mixminus.sip.worker.transport import open_transport
from mixminus.threads import name_thread

__all__ = ["Library", "open_library", "run"]

# Well below the watchdog's limit, which each round of the loop rearms.
_MAX_WAIT_S: Final = 5.0
_EVENTS_A_ROUND: Final = 64
_DRAIN_S: Final = 5.0
# Of the conference bridge: its master port, and one to spare.
_OTHER_PORTS: Final = 2

_log = log.get("sip.worker")


@dataclass(frozen=True, slots=True)
class Library:
    """pjsua2, initialised: without threads, sockets and accounts, so that a process that has it may fork."""

    endpoint: pj.Endpoint
    functions: ctypes.CDLL
    bridge: ConferenceBridge


def open_library(max_calls: int) -> Library:
    """Initialise pjsua2. Workers forked afterwards share its memory until they write to it."""
    functions = load_library()
    # Before libCreate, which logs: pjsip does not log at all, the worker logs as the server does.
    functions.pj_log_set_level(0)
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = max_calls
    config.uaConfig.userAgent = "mixminus"
    config.medConfig.threadCnt = 0
    # With an ioqueue of its own pjmedia starts a thread that polls it 100 times a second, whatever threadCnt says.
    config.medConfig.hasIoqueue = False
    # That of PCMU, the codec of every envelope: the bridge needs no resamplers and half the buffers.
    config.medConfig.clockRate = config.medConfig.sndClockRate = BRIDGE_RATE_HZ
    config.medConfig.maxMediaPorts = max_calls + _OTHER_PORTS
    endpoint.libInit(config)
    endpoint.libStart()
    return Library(endpoint, functions, ConferenceBridge(functions))


def run(command: Fork, channel: BlockingChannel, library: Library) -> None:
    """Serve until drained, or until the server has exited; in a process of its own."""
    rearm_watchdog()
    name_thread("mm-sip-worker")
    seed_random(library.functions)
    sip_port, sip_descriptor = open_transport(library.endpoint, command.edge_port)
    calls = Calls(channel, Slots(library.functions), SystemClock())
    config = account_config(command.worker_id, sip_port, session_expires_s=command.session_expires_s)
    account = SipAccount(calls, config, command.edge_port)
    capacity = int(library.functions.pjsua_call_get_max_count())
    channel.send(WorkerReady(sip_port, capacity, os.getpid()))
    _Loop(
        library.endpoint,
        channel,
        calls,
        account,
        sip_descriptor=sip_descriptor,
        timers=Timers(library.functions),
        bridge=library.bridge,
    ).run()


class _Loop:
    """Waits for a datagram of the edge, a command of the server, or a timer of pjsip."""

    def __init__(
        self,
        endpoint: pj.Endpoint,
        channel: BlockingChannel,
        calls: Calls,
        account: SipAccount,
        *,
        sip_descriptor: int,
        timers: Timers,
        bridge: ConferenceBridge,
    ) -> None:
        self._endpoint = endpoint
        self._channel = channel
        self._calls = calls
        self._account = account
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(sip_descriptor, select.POLLIN)
        self._sip_descriptor = sip_descriptor
        self._clock = SystemClock()
        self._drain_deadline_s = float("inf")
        self._timers = timers
        self._bridge = bridge

    def run(self) -> None:
        while not self._drained():
            rearm_watchdog()
            wait_ms = self._wait_ms()
            ready = {descriptor for descriptor, _ in self._poll.poll(wait_ms)}
            # Nothing is ready: a timer is due.
            if not (ready and wait_ms) or self._sip_descriptor in ready:
                self._handle_events()
            try:
                if self._channel.fileno() in ready:
                    self._on_command(self._channel.receive())
            except Disconnected:
                # The server has exited: hang up all calls.
                self._poll.unregister(self._channel)
                self._drain()
            self._calls.repeat_holds()
            if self._calls.free_ended():
                self._bridge.free_removed_streams()
            self._calls.report_freed()

    def _handle_events(self) -> None:
        for _ in range(_EVENTS_A_ROUND):
            if self._endpoint.libHandleEvents(0) <= 0:
                return

    def _wait_ms(self) -> int:
        """Return how long nothing but a datagram or a command needs attention."""
        left_s = self._drain_deadline_s - self._clock.monotonic_s()
        # Rounded up: a timer is not due before its whole time has passed.
        return math.ceil(max(0.0, min(self._timers.next_s(), left_s, _MAX_WAIT_S)) * 1000)

    def _drained(self) -> bool:
        if self._clock.monotonic_s() > self._drain_deadline_s:
            return True
        return self._drain_deadline_s < float("inf") and not self._calls

    def _drain(self) -> None:
        self._drain_deadline_s = min(self._drain_deadline_s, self._clock.monotonic_s() + _DRAIN_S)
        self._calls.drain()

    def _on_command(self, command: Message) -> None:  # noqa: PLR0912 -- a case for each command
        match command:
            case Ping():
                self._channel.send(Pinged())
            case Dial():
                self._calls.dial(command, self._account)
            case Attach():
                self._calls.attach(command)
            case Ring(leg_id, attach):
                self._calls.ring(leg_id, attach)
            case Progress(leg_id, attach):
                self._calls.progress(leg_id, attach)
            case Answer(leg_id, headers, attach):
                self._calls.answer(leg_id, headers, attach)
            case Reject(leg_id, status_code, headers):
                self._calls.hang_up(leg_id, status_code, headers)
            case Hold(leg_id, on):
                self._calls.hold(leg_id, on)
            case HangUp(leg_id, headers):
                self._calls.hang_up(leg_id, pj.PJSIP_SC_TEMPORARILY_UNAVAILABLE, headers)
            case Ask(leg_id):
                self._calls.ask(leg_id)
            case SendText(leg_id, text):
                self._calls.say(leg_id, text)
            case Notify() | Refer():
                self._calls.transfer(command)
            case Drain():
                self._drain()
            case _:
                _log.error("command unknown", type=type(command).__name__)
