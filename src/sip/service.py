"""The SIP side of the server: phones on one side, legs (``call.leg``) on the other.

Four kinds of process take part; ``messages.py`` lists every message between them.

- The *endpoint* (this file, in the server process) opens a port of the engine for each call, makes
  its SDP, and gives the call a leg. It decides; the other processes only carry out.
- The *pool* (``pool.py``) starts and restarts the other processes, and knows which worker has which call.
- The *edge* (``edge/``) owns the public SIP port, UDP and TCP. It drops what is malformed or too much,
  authenticates phones, answers REGISTER and OPTIONS, and routes each dialog to its worker on loopback.
- The *workers* (``worker/``) run pjsua2: dialogs, transactions, timers of a few calls each. They are forked
  from a *zygote* (``zygote.py``), so that one costs 2 MB and a crash ends a few calls only (ADR 2).

How an INVITE travels::

    phone ─ UDP/TCP ─> edge: parse, validate, rate limit, authenticate (AccountRequested, AnswerAccount)
          ─ SDP folded into an envelope, loopback ─> a worker with room: pjsua2
          ─ IncomingCall(offer) ─> endpoint: open a port, make the answer; IncomingLeg
          ─ incoming(leg) ─> call service: leg.ring(), leg.answer()
          ─ Ring, Answer(attach) ─> worker: 180, 200 with that answer ─> edge: unfold SDP, public addresses ─> phone

Outgoing calls are in ``dialling.py``, transfers in ``transfer_requests.py``. SIP is parsed by ``grammar.py``
and ``edge/message.py``, SDP is negotiated in ``sdp/``.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.call.leg import Address, Caller, IncomingLegs, LegEnded, Replacements, Target, Texts, Transfers
from mixminus.call.secure_media import SecureMedias
from mixminus.clock import Clock
from mixminus.directory.service import DirectoryServices
from mixminus.errors import MixMinusError
from mixminus.mixer import Engine, EngineEvent
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId, new_id
from mixminus.sip.account_requests import AccountRequests
from mixminus.sip.addresses import callee_of, caller_of
from mixminus.sip.config import SipConfig
from mixminus.sip.dialling import DialledLeg, Dialler
from mixminus.sip.dns_records import Names
from mixminus.sip.endings import end_of
from mixminus.sip.incoming_leg import IncomingLeg
from mixminus.sip.incoming_media import IncomingMedia
from mixminus.sip.leg import SipLeg
from mixminus.sip.locating import Locator
from mixminus.sip.media_ends import MediaEnds
from mixminus.sip.messages import (
    CallAnswered,
    CallEnded,
    CallNotMoved,
    CallRang,
    DialogConfirmed,
    DigitReceived,
    EdgeOpened,
    HangUp,
    IncomingCall,
    MediaAgreed,
    MediaHostsNamed,
    Message,
    MessageTraced,
    MoveCall,
    PhoneResponded,
    ProgressAcknowledged,
    Reject,
    ServerProbed,
    SetOverloaded,
    TextAnswered,
    TextReceived,
    TextsAllowed,
    TransferProgressed,
    TransferRequested,
    TrunkRegistered,
)
from mixminus.sip.phone_requests import PhoneRequests
from mixminus.sip.pool import WorkerPool
from mixminus.sip.sdp.agreement import NotAcceptable
from mixminus.sip.sdp.description import MalformedSdp, parse
from mixminus.sip.sdp.dtls import is_offered
from mixminus.sip.signalled import signalled_of
from mixminus.sip.takeovers import Takeovers
from mixminus.sip.texts import TextQueue
from mixminus.sip.tracing import SipTracing
from mixminus.sip.transfer_requests import TransferRequests
from mixminus.sip.trunk_health import TrunkHealth
from mixminus.sip.trunk_registrations import TrunkRegistrations
from mixminus.tasks import TaskScope
from mixminus.trace.protocols import TraceReceiver

__all__ = ["SipEndpoint"]

_UNKNOWN_DIALOG: Final = 481
_DECLINED: Final = 603

_log = log.get("sip.endpoint")


class SipEndpoint:
    """Makes legs of the calls that workers report, and opens outgoing ones.

    Implements ``call.leg.OutgoingLegs``.
    """

    def __init__(  # noqa: PLR0913 -- the wiring names each
        self,
        engine: Engine,
        legs: IncomingLegs,
        config: SipConfig,
        *,
        clock: Clock,
        directory: DirectoryServices,
        transfers: Transfers | None = None,
        replacements: Replacements | None = None,
        texts: Texts | None = None,
        traces: TraceReceiver | None = None,
        on_event: Callable[[EngineEvent], None] = lambda _: None,
    ) -> None:
        """``directory`` authenticates and registers phones; ``transfers`` carries out REFERs and ``replacements``
        serves INVITEs with Replaces, which are declined without them; ``texts`` gets what phones write, ``traces`` the messages of
        traced calls; ``on_event`` receives the digits of INFO requests as events of the engine.
        """
        self._engine = engine
        self._incoming_legs = legs
        self._config = config
        self._replacements = replacements
        self._ends = MediaEnds(engine, config, clock, on_event)
        self._legs: dict[LegId, tuple[int, IncomingLeg]] = {}
        self._tasks = TaskScope(log.task_failed("sip.endpoint"))
        self._pool = WorkerPool(
            config, clock, on_report=self._on_report, on_lost=self._on_worker_lost, on_edge=self._on_edge
        )
        self._account_requests = AccountRequests(directory, self._pool.send_edge)
        locator = Locator(Names(config.nameserver), clock, config.hosts)
        self._trunk_registrations = TrunkRegistrations(directory.trunks, locator, self._pool.send_edge)
        self.trunk_health = TrunkHealth(directory.trunks, locator, self._pool.send_edge)
        self.tracing = SipTracing(self._pool, traces, self._active)
        self._takeovers = Takeovers(clock, self._tasks, on_failed=self._end)
        self._dialler = Dialler(config, self._pool, locator, self._tasks)
        self._transfer_requests = TransferRequests(
            config,
            ports=lambda: frozenset({self.port, self.tls_port, self.wss_port} - {0}),
            send=self._send,
            transfers=transfers,
            is_active=lambda sip_call_id: self._active(sip_call_id) is not None,
        )
        self._requests = PhoneRequests(
            clock, self._tasks, transfers=self._transfer_requests, texts=texts, on_event=on_event
        )
        self._text_counters: Counter[str] = Counter()

    @property
    def ready(self) -> bool:
        """Whether calls can be taken now."""
        return self._pool.ready

    @property
    def port(self) -> int:
        """The public SIP port, UDP and TCP."""
        return self._pool.port

    @property
    def tls_port(self) -> int:
        """The port of SIP over TLS; 0 without it."""
        return self._pool.tls_port

    @property
    def wss_port(self) -> int:
        """The port of SIP over secure WebSockets; 0 without it."""
        return self._pool.wss_port

    @property
    def dialogs(self) -> int:
        """How many dialogs are confirmed and not over."""
        return len(self._transfer_requests)

    @property
    def worker_pids(self) -> dict[int, int]:
        """Process ids of the workers, by worker id."""
        return self._pool.worker_pids

    @property
    def counters(self) -> Counter[str]:
        overruns = Counter({"sip_door_overruns": self._account_requests.overruns})
        return self._pool.counters + overruns + self._text_counters

    async def start(self) -> None:
        """Open the port; return when ``max_calls`` calls can be taken, or raise Unavailable."""
        await self._pool.start()

    async def close(self) -> None:
        """Hang up every leg and stop all processes; closing twice is harmless."""
        await self._trunk_registrations.close()
        await self.trunk_health.close()
        await self._pool.close()
        await self._account_requests.close()
        await self._tasks.close()
        for _, leg in list(self._legs.values()):
            leg.set_ended(LegEnded(HangupReason.NORMAL, remote=False))
        self._legs.clear()
        self._dialler.close()

    def use_secure_media(self, medias: SecureMedias) -> None:
        """Accept audio by ICE and DTLS-SRTP from now on, and offer it to phones that have registered over WebSocket."""
        self._ends.use_secure_media(medias)

    def set_overloaded(self, *, on: bool) -> None:
        """Have the edge refuse the calls of phones with 503, or admit them again; harmless when repeated."""
        self._pool.send_edge(SetOverloaded(on))

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> DialledLeg:
        """Start a call and return at once; raise MixMinusError if no port can be opened."""
        port, secure = self._ends.open_port(secure=target.in_browser)
        leg_id = LegId(new_id())
        local = self._ends.describe(port, secure, "")
        leg = DialledLeg(leg_id, port, lambda message: self._send(leg_id, message), secure)
        leg.on_hold_changed = self._ends.hold_reporter(port)
        self._dialler.dial(leg, local, target, source=source, anonymous=anonymous)
        return leg

    def _on_report(self, worker_id: int, message: Message) -> None:
        self.tracing.on_report(message)
        if isinstance(message, CallEnded):
            self._transfer_requests.forget(message.leg_id)
        match message:
            case DialogConfirmed():
                self._transfer_requests.confirmed(worker_id, message)
                if found := self._legs.get(message.leg_id):
                    found[1].on_confirmed()
            case IncomingCall(resumed=True):
                self._resume(worker_id, message.leg_id)
            case IncomingCall():
                self._incoming(worker_id, message)
            case MediaAgreed(leg_id):
                if leg := self._leg(leg_id):
                    self._tasks.spawn("media agreed", leg.follow(message))
            case PhoneResponded() | TextsAllowed() | TextAnswered():
                if leg := self._leg(message.leg_id):
                    self._on_phone(leg, message)
            case ProgressAcknowledged(leg_id) if leg_id in self._legs:
                self._legs[leg_id][1].on_confirmed()
            case CallEnded(leg_id) if leg_id in self._legs:
                _, leg = self._legs.pop(leg_id)
                leg.set_ended(end_of(message))
            case CallRang() | CallAnswered() | CallEnded():
                self._dialler.on_report(message)

    def _on_phone(self, leg: SipLeg, message: PhoneResponded | TextsAllowed | TextAnswered) -> None:
        match message:
            case PhoneResponded(_, status_code):
                leg.on_response(status_code)
            case TextsAllowed(leg_id):
                leg.texts = leg.texts or TextQueue(leg_id, partial(self._send, leg_id), self._text_counters)
            case TextAnswered(_, status_code) if leg.texts:
                leg.texts.answered(status_code)

    def _on_edge(self, message: Message) -> None:
        """Pass a report of the edge to the part that it is for."""
        match message:
            case MessageTraced():
                self.tracing.on_message(message)
            case EdgeOpened():
                self.tracing.on_edge_opened()
                self._trunk_registrations.on_edge_opened()
                self.trunk_health.on_edge_opened()
                self._account_requests.on_edge_opened()
            case TrunkRegistered():
                self._trunk_registrations.on_report(message)
            case ServerProbed():
                self.trunk_health.on_report(message)
            case MediaHostsNamed():
                self._on_hosts(message)
            case CallNotMoved():
                self._takeovers.not_moved(message)
            case DigitReceived() | TextReceived() | TransferRequested() | TransferProgressed():
                if leg := self._active(message.sip_call_id):
                    self._requests.on_request(leg, message)
            case _:
                self._account_requests.on_edge(message)

    def _on_hosts(self, named: MediaHostsNamed) -> None:
        leg = self._leg(LegId(UUID(named.leg_id))) if named.leg_id else self._active(named.sip_call_id)
        if leg:
            leg.set_signalling_hosts(named.hosts)

    def _active(self, sip_call_id: str) -> SipLeg | None:
        """Return the leg of a call that is not over."""
        found = self._pool.leg_of(sip_call_id)
        return self._leg(found[1]) if found else self._takeovers.leg_of(sip_call_id)

    def _leg(self, leg_id: LegId) -> SipLeg | None:
        found = self._legs.get(leg_id)
        return found[1] if found else self._dialler.leg(leg_id)

    def _incoming(self, worker_id: int, call: IncomingCall) -> None:
        try:
            offer = parse(call.offer) if call.offer else None
            port, secure = self._ends.open_port(secure=offer is not None and is_offered(offer))
        except MalformedSdp:
            self._pool.send(worker_id, Reject(call.leg_id, 400))
            return
        except MixMinusError as error:
            _log.error("no port for an incoming call", reason=error.reason)
            self._pool.send(worker_id, Reject(call.leg_id, 503))
            return
        local = self._ends.describe(port, secure, call.source_host)
        try:
            media = IncomingMedia(call.leg_id, local, call.offer, offer)
            if secure:
                secure.agree(media.exchange())
        except NotAcceptable:
            (secure or port).close()
            self._pool.send(worker_id, Reject(call.leg_id, 488))
            return
        leg = IncomingLeg(
            call.leg_id,
            port,
            media=media,
            send=lambda message: self._send(call.leg_id, message),
            signalling_hosts=call.media_hosts,
            verified=call.verified,
            secure=secure,
        )
        leg.session.local, leg.sip_call_id = local, call.sip_call_id
        leg.on_hold_changed = self._ends.hold_reporter(port)
        self._legs[call.leg_id] = (worker_id, leg)
        self._tasks.spawn("incoming leg", self._pass_on(leg, call))

    async def _pass_on(self, leg: IncomingLeg, call: IncomingCall) -> None:
        source = caller_of(call.from_uri)
        caller = Caller(UUID(call.account_id) if call.account_id else None, call.source_host)
        try:
            if call.replaces:
                await self._replace(leg, call, source, caller)
                return
            await self._incoming_legs.incoming(
                leg,
                source=source,
                destination=callee_of(call.request_uri),
                caller=caller,
                signalled=signalled_of(call.headers, call.max_forwards, call.received_ms),
            )
        except MixMinusError as error:
            _log.error("leg refused", leg=str(leg.id), reason=error.reason)
            await leg.reject(500)

    async def _replace(self, leg: IncomingLeg, call: IncomingCall, source: Address, caller: Caller) -> None:
        found = self._active(call.replaces)
        if self._replacements is None:
            await leg.reject(_DECLINED)
        elif found is None:
            await leg.reject(_UNKNOWN_DIALOG)
        else:
            await self._replacements.replace(leg, found.id, source=source, caller=caller)

    def _send(self, leg_id: LegId, message: Message) -> None:
        """Send a leg's command to its worker, or keep it for the next one."""
        if self._takeovers.hold(leg_id, message):
            return
        if found := self._legs.get(leg_id):
            self._pool.send(found[0], message)
        else:
            self._dialler.send(leg_id, message)

    def _on_worker_lost(self, worker_id: int, legs: Mapping[str, LegId]) -> list[MoveCall]:
        """End the legs of a worker that has exited; return the calls that another one can continue."""
        begun = {
            leg_id: self._takeovers.begin(self._leg(leg_id), call_id) for call_id, leg_id in legs.items()
        }
        kept = {leg_id for leg_id, move in begun.items() if move}
        for leg_id in [each for each, (owner, _) in self._legs.items() if owner == worker_id]:
            if leg_id not in kept:
                self._end(leg_id, LegEnded(HangupReason.FAILED, remote=False))
        self._dialler.on_worker_lost(worker_id, kept)
        self._transfer_requests.on_worker_lost(worker_id, kept)
        return [move for move in begun.values() if move]

    def _resume(self, worker_id: int, leg_id: LegId) -> None:
        """Let a worker continue a leg; it hangs up if the leg is unknown by now."""
        commands = self._takeovers.resumed(leg_id) or [HangUp(leg_id)]
        if found := self._legs.get(leg_id):
            self._legs[leg_id] = (worker_id, found[1])
        self._dialler.resume(leg_id, worker_id)
        for command in commands:
            self._pool.send(worker_id, command)
        if (leg := self._leg(leg_id)) and leg.texts:
            leg.texts.resumed()

    def _end(self, leg_id: LegId, ended: LegEnded) -> None:
        """End a leg that no worker has."""
        self._transfer_requests.forget(leg_id)
        if found := self._legs.pop(leg_id, None):
            found[1].set_ended(ended)
        self._dialler.fail(leg_id, ended)
