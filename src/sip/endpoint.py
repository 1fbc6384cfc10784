"""SipEndpoint: phones on one side, legs on the other."""

import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.call.leg import Address, Caller, IncomingLegs, LegEnded, Target, Transfers
from mixminus.directory.service import DirectoryServices
from mixminus.errors import MixMinusError
from mixminus.mixer import Engine, EngineEvent, Port
from mixminus.mixer.events import DigitReceived as PortDigitReceived
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.sip.addresses import callee_of, caller_of
from mixminus.sip.config import SipConfig
from mixminus.sip.desk import TransferDesk
from mixminus.sip.dialled_leg import DialledLeg
from mixminus.sip.dialler import Dialler
from mixminus.sip.door import Door
from mixminus.sip.endings import end_of
from mixminus.sip.leg import IncomingLeg, SipLeg
from mixminus.sip.messages import (
    Attach,
    CallAnswered,
    CallEnded,
    CallRang,
    DialogConfirmed,
    DigitReceived,
    IncomingCall,
    MediaAgreed,
    Message,
    Reject,
    TransferAsked,
    TransferTold,
)
from mixminus.sip.pool import WorkerPool
from mixminus.sip.sdp import crypto
from mixminus.sip.sdp.description import MalformedSdp, render
from mixminus.sip.sdp.negotiation import LocalEnd, NotAcceptable, first_description
from mixminus.tasks import TaskScope

__all__ = ["SipEndpoint"]

# Below 2**31: some phones keep an o= line's numbers in a signed word.
_SESSION_ID_BITS: Final = 31
_SUCCESS: Final = 200
_FAILURE: Final = 300

_log = log.get("sip.endpoint")


class SipEndpoint:
    """Turns calls that workers report into legs, and legs' wishes into commands; implements ``OutgoingLegs``."""

    def __init__(
        self,
        engine: Engine,
        legs: IncomingLegs,
        config: SipConfig,
        *,
        directory: DirectoryServices,
        transfers: Transfers | None = None,
        on_event: Callable[[EngineEvent], None] = lambda _: None,
    ) -> None:
        """``directory`` says who may log in; ``transfers`` executes REFERs, which are declined without it; ``on_event`` hears digits that came by INFO, in the engine's own words."""
        self._engine = engine
        self._incoming_legs = legs
        self._config = config
        self._on_event = on_event
        self._legs: dict[LegId, tuple[int, IncomingLeg]] = {}
        self._tasks = TaskScope(log.task_failed("sip.endpoint"))
        self._door = Door(directory, self._to_edge)
        self._pool = WorkerPool(
            config,
            on_report=self._on_report,
            on_lost=self._on_worker_lost,
            on_edge=self._door.on_edge,
        )
        self._dialler = Dialler(config, self._pool, self._tasks)
        self._desk = TransferDesk(config, port=lambda: self.port, send=self._pool.send, transfers=transfers)

    @property
    def ready(self) -> bool:
        """Whether a phone that calls now is answered."""
        return self._pool.ready

    @property
    def port(self) -> int:
        """The public SIP port, UDP and TCP."""
        return self._pool.port

    @property
    def dialogs(self) -> int:
        """How many dialogs are confirmed and not over."""
        return len(self._desk)

    @property
    def worker_pids(self) -> dict[int, int]:
        """Process ids of the workers, by worker id."""
        return self._pool.worker_pids

    @property
    def counters(self) -> Counter[str]:
        return self._pool.counters + Counter({"sip_door_overruns": self._door.overruns})

    async def start(self) -> None:
        """Open the port; returns when ``max_calls`` calls can be taken."""
        await self._pool.start()

    async def close(self) -> None:
        """Hang up every leg and let all processes go; closing twice is harmless."""
        await self._pool.close()
        await self._door.close()
        await self._tasks.close()
        for _, leg in list(self._legs.values()):
            leg.over(LegEnded(HangupReason.NORMAL, remote=False))
        self._legs.clear()
        self._dialler.close()

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> DialledLeg:
        """Begin a call and return at once; raise MixMinusError where there is no port for it."""
        port = self._engine.open_rtp_port()
        leg_id = LegId(new_id())
        local = self._local_end(port)
        leg = DialledLeg(leg_id, port, lambda message: self._dialler.send(leg_id, message))
        self._dialler.dial(leg, local, target, source=source, anonymous=anonymous)
        return leg

    def _to_edge(self, message: Message) -> None:
        self._pool.send_edge(message)

    def _on_report(self, worker_id: int, message: Message) -> None:
        if isinstance(message, CallEnded):
            self._desk.forget(message.leg_id)
        match message:
            case TransferTold(leg_id, status_code):
                leg = self._leg(leg_id)
                if leg and _SUCCESS <= status_code < _FAILURE:
                    # It talks with somebody else now (RFC 5589 section 6).
                    self._tasks.spawn("referred", leg.hang_up())
            case DialogConfirmed() | TransferAsked():
                self._desk.on_report(worker_id, message)
            case IncomingCall():
                self._incoming(worker_id, message)
            case MediaAgreed(leg_id, local_sdp, remote_sdp):
                if leg := self._leg(leg_id):
                    self._tasks.spawn("media agreed", leg.media_agreed(local_sdp, remote_sdp))
            case DigitReceived(leg_id, digit, duration_ms):
                if leg := self._leg(leg_id):
                    at_us = time.monotonic_ns() // 1000
                    self._on_event(PortDigitReceived(leg.port.id, at_us, digit, duration_ms))
            case CallEnded(leg_id) if leg_id in self._legs:
                _, leg = self._legs.pop(leg_id)
                leg.over(end_of(message))
            case CallRang() | CallAnswered() | CallEnded():
                self._dialler.on_report(message)

    def _leg(self, leg_id: LegId) -> SipLeg | None:
        found = self._legs.get(leg_id)
        return found[1] if found else self._dialler.leg(leg_id)

    def _incoming(self, worker_id: int, call: IncomingCall) -> None:
        try:
            port = self._engine.open_rtp_port()
        except MixMinusError as error:
            _log.error("no port for a call", reason=error.reason)
            self._pool.send(worker_id, Reject(call.leg_id, 503))
            return
        local = self._local_end(port)
        try:
            description, media = first_description(local, call.offer)
        except (MalformedSdp, NotAcceptable) as error:
            port.close()
            status_code = 400 if isinstance(error, MalformedSdp) else 488
            self._pool.send(worker_id, Reject(call.leg_id, status_code))
            return
        leg = IncomingLeg(
            call.leg_id, port, media=media, send=lambda message: self._pool.send(worker_id, message)
        )
        self._legs[call.leg_id] = (worker_id, leg)
        self._pool.send(worker_id, Attach(call.leg_id, local, render(description)))
        self._tasks.spawn("incoming leg", self._hand_over(leg, call))

    async def _hand_over(self, leg: IncomingLeg, call: IncomingCall) -> None:
        try:
            await self._incoming_legs.incoming(
                leg,
                source=caller_of(call.from_uri),
                destination=callee_of(call.request_uri),
                caller=Caller(UUID(call.account_id) if call.account_id else None, call.source_host),
            )
        except MixMinusError as error:
            _log.error("leg refused", leg=str(leg.id), reason=error.reason)
            await leg.reject(500)

    def _local_end(self, port: Port) -> LocalEnd:
        return LocalEnd(
            host=self._config.advertised_host,
            rtp_port=port.local_port,
            session_id=secrets.randbits(_SESSION_ID_BITS),
            codecs=self._config.codecs,
            ptime_ms=self._engine.config.ptime_ms,
            key_material=secrets.token_bytes(crypto.KEY_MATERIAL_BYTES),
        )

    def _on_worker_lost(self, worker_id: int) -> None:
        lost = [leg_id for leg_id, (owner, _) in self._legs.items() if owner == worker_id]
        for leg_id in lost:
            _, leg = self._legs.pop(leg_id)
            leg.over(LegEnded(HangupReason.FAILED, remote=False))
        self._dialler.on_worker_lost(worker_id)
        self._desk.on_worker_lost(worker_id)
