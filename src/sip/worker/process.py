"""A worker process: one thread that serves pjsua2 and the channel to the server.

``libHandleEvents`` runs every callback of pjsua2, and commands are handled between two such
calls: nothing here is re-entered.
"""

import ctypes
import itertools
import math
import select
import time
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus import log
from mixminus.sip.channel import BlockingChannel, Disconnected
from mixminus.sip.messages import (
    Answer,
    Attach,
    Dial,
    Drain,
    Fork,
    HangUp,
    Hold,
    Message,
    Notify,
    Refer,
    Reject,
    Ring,
    WorkerReady,
)
from mixminus.sip.supervision import name_process, rearm_watchdog
from mixminus.sip.worker.calls import Calls, SipAccount, account_config
from mixminus.sip.worker.transport import open_transport

__all__ = ["run"]

# Well below the watchdog's limit, which each round of the loop rearms.
_MAX_WAIT_S: Final = 5.0
_EVENTS_A_ROUND: Final = 64
_DRAIN_S: Final = 5.0

_log = log.get("sip.worker")


def run(command: Fork, channel: BlockingChannel) -> None:
    """Serve until drained, or until the server has exited."""
    rearm_watchdog()
    name_process("mm-sip-worker")
    endpoint, capacity = _open_endpoint(command)
    sip_port, sip_descriptor = open_transport(endpoint, command.edge_port)
    calls = Calls(channel)
    config = account_config(command.worker_id, sip_port, session_expires_s=command.session_expires_s)
    account = SipAccount(calls, config, command.edge_port)
    channel.send(WorkerReady(sip_port, capacity))
    _Loop(endpoint, channel, calls, account, sip_descriptor).run()


def _open_endpoint(command: Fork) -> tuple[pj.Endpoint, int]:
    """Start pjsua2 without threads and sound device; return it with the maximum number of calls of its build."""
    library = ctypes.CDLL(pj._pjsua2.__file__)
    # Before libCreate, which logs: pjsip does not log at all, the worker logs as the server does.
    library.pj_log_set_level(0)
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = command.max_calls
    config.uaConfig.userAgent = "mixminus"
    config.medConfig.threadCnt = 0
    # With an ioqueue of its own pjmedia starts a thread that polls it 100 times a second, whatever threadCnt says.
    config.medConfig.hasIoqueue = False
    endpoint.libInit(config)
    return endpoint, int(library.pjsua_call_get_max_count())


class _TimeValue(ctypes.Structure):
    """pj_time_val (pj/types.h)."""

    _fields_ = (("seconds", ctypes.c_long), ("milliseconds", ctypes.c_long))

    @property
    def total_s(self) -> float:
        return float(self.seconds + self.milliseconds / 1000)


class _Timers:
    """pjsip's timer heap, which pjsua2 does not expose: retransmissions (T1 = 500 ms), session timers and the like."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(pj._pjsua2.__file__)
        self._library.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
        self._library.pjsip_endpt_get_timer_heap.restype = ctypes.c_void_p
        self._library.pj_timer_heap_count.restype = ctypes.c_size_t
        endpoint = ctypes.c_void_p(self._library.pjsua_get_pjsip_endpt())
        self._heap = ctypes.c_void_p(self._library.pjsip_endpt_get_timer_heap(endpoint))

    def next_s(self) -> float:
        """Return the time until the next timer expires, at most _MAX_WAIT_S."""
        # Asked for the earliest timer of an empty heap, pjlib aborts the process.
        if self._library.pj_timer_heap_count(self._heap) == 0:
            return _MAX_WAIT_S
        due, now = _TimeValue(), _TimeValue()
        self._library.pj_timer_heap_earliest_time(self._heap, ctypes.byref(due))
        self._library.pj_gettickcount(ctypes.byref(now))
        return min(due.total_s - now.total_s, _MAX_WAIT_S)


class _Loop:
    """Waits for a datagram of the edge, a command of the server, or a timer of pjsip."""

    def __init__(
        self,
        endpoint: pj.Endpoint,
        channel: BlockingChannel,
        calls: Calls,
        account: SipAccount,
        sip_descriptor: int,
    ) -> None:
        self._endpoint = endpoint
        self._channel = channel
        self._calls = calls
        self._account = account
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(sip_descriptor, select.POLLIN)
        self._drain_deadline_s = float("inf")
        self._timers = _Timers()

    def run(self) -> None:
        while not self._drained():
            rearm_watchdog()
            ready = self._poll.poll(self._wait_ms())
            for _ in itertools.takewhile(
                lambda _: self._endpoint.libHandleEvents(0) > 0, range(_EVENTS_A_ROUND)
            ):
                pass
            try:
                if any(descriptor == self._channel.fileno() for descriptor, _ in ready):
                    self._on_command(self._channel.receive()[0])
            except Disconnected:
                # The server has exited: hang up all calls.
                self._poll.unregister(self._channel)
                self._drain()
            self._calls.free_ended()

    def _wait_ms(self) -> int:
        """Return how long nothing but a datagram or a command needs attention."""
        left_s = self._drain_deadline_s - time.monotonic()
        # Rounded up: a timer is not due before its whole time has passed.
        return math.ceil(max(0.0, min(self._timers.next_s(), left_s)) * 1000)

    def _drained(self) -> bool:
        if time.monotonic() > self._drain_deadline_s:
            return True
        return self._drain_deadline_s < float("inf") and not self._calls

    def _drain(self) -> None:
        self._drain_deadline_s = min(self._drain_deadline_s, time.monotonic() + _DRAIN_S)
        self._calls.drain()

    def _on_command(self, command: Message) -> None:
        match command:
            case Dial():
                self._calls.dial(command, self._account)
            case Attach(leg_id, local, description):
                self._calls.attach(leg_id, local, description)
            case Ring(leg_id):
                self._calls.ring(leg_id)
            case Answer(leg_id):
                self._calls.answer(leg_id)
            case Reject(leg_id, status_code):
                self._calls.hang_up(leg_id, status_code)
            case Hold(leg_id, on):
                self._calls.hold(leg_id, on)
            case HangUp(leg_id):
                self._calls.hang_up(leg_id, pj.PJSIP_SC_TEMPORARILY_UNAVAILABLE)
            case Notify() | Refer():
                self._calls.transfer(command)
            case Drain():
                self._drain()
            case _:
                _log.error("command unknown", type=type(command).__name__)
