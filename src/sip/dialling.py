"""Outgoing calls: the leg, and the Dialler that finds an address and a worker for it.

A redirected call (3xx) is dialled again. A server that does not respond, or refuses with 408 or 503, is followed by the
next server of the target, and the last one by the target's alternatives: the customer's other trunks.
"""

import asyncio
import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from mixminus import log
from mixminus.call.leg import Address, Credentials, LegEnded, Target
from mixminus.call.secure_media import SecureMedia
from mixminus.errors import MixMinusError
from mixminus.machine import step
from mixminus.mixer import Port
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.model.signalling import NO_HEADERS, CallerPolicy
from mixminus.sip.addresses import from_value
from mixminus.sip.config import SipConfig
from mixminus.sip.endings import end_of, refusal_of
from mixminus.sip.identity import identity_fields
from mixminus.sip.internal_headers import Flow, FlowTransport
from mixminus.sip.leg import SipLeg
from mixminus.sip.locating import Locator
from mixminus.sip.messages import CallAnswered, CallEnded, CallRang, Dial, HeaderFields, MediaAgreed, Message
from mixminus.sip.pool import WorkerPool
from mixminus.sip.sdp.description import render
from mixminus.sip.sdp.negotiation import LocalEnd, make_offer
from mixminus.tasks import TaskScope

__all__ = ["DIALLED_TRANSITIONS", "DialledEvent", "DialledLeg", "DialledState", "Dialler"]

# RFC 3261 section 8.1.3.4 leaves the bound to us.
_MAX_REDIRECTS: Final = 3
# RFC 3261 sections 21.4.13, 21.4.26 and 21.6.4: the description is not acceptable.
_SDP_REFUSED: Final = frozenset({415, 488, 606})
# RFC 3263 section 4.3: what lets the next server be tried.
_SERVER_FAILED: Final = frozenset({408, 503})
_TRANSPORTS: Final[dict[str, FlowTransport]] = {"tcp": "TCP", "tls": "TLS", "wss": "WSS"}
_NO_CREDENTIALS: Final = Credentials("", "")
# What a target has from the order to dial, whichever trunk carries the call.
_OF_THE_CALL: Final = ("headers", "diversions", "replaces", "max_forwards")

_log = log.get("sip.dialling")


class DialledState(enum.StrEnum):
    DIALLING = enum.auto()
    PROCEEDING = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class DialledEvent(enum.StrEnum):
    RANG = enum.auto()
    ANSWERED = enum.auto()
    END = enum.auto()


DIALLED_TRANSITIONS: Final[dict[DialledState, dict[DialledEvent, DialledState]]] = {
    DialledState.DIALLING: {
        DialledEvent.RANG: DialledState.PROCEEDING,
        DialledEvent.ANSWERED: DialledState.ANSWERED,
        DialledEvent.END: DialledState.ENDED,
    },
    DialledState.PROCEEDING: {
        DialledEvent.ANSWERED: DialledState.ANSWERED,
        DialledEvent.END: DialledState.ENDED,
    },
    DialledState.ANSWERED: {DialledEvent.END: DialledState.ENDED},
    DialledState.ENDED: {},
}


class DialledLeg(SipLeg):
    """Implements ``call.leg.OutgoingLeg``; early media goes to its port."""

    given_up_code: ClassVar[int] = 487

    def __init__(
        self, leg_id: LegId, port: Port, send: Callable[[Message], None], secure: SecureMedia | None = None
    ) -> None:
        super().__init__(leg_id, port, send, secure)
        self._state = DialledState.DIALLING
        self._rang: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._early: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def is_answered(self) -> bool:
        return self._state is DialledState.ANSWERED

    @property
    def is_ringing(self) -> bool:
        return self._state is DialledState.PROCEEDING

    async def ring(self) -> None:
        """Do nothing: the far end rings."""

    async def open_early_media(self) -> bool:
        """Return False: the far end decides."""
        return False

    async def answer(self, headers: Mapping[str, str] = NO_HEADERS) -> None:
        """Do nothing: the far end answers."""

    async def reject(self, status_code: int) -> None:
        """Do nothing: an outgoing call cannot be rejected by us."""

    async def rang(self) -> bool:
        """Wait until it rings; return False if it is answered or ends first."""
        return await asyncio.shield(self._rang)

    async def answered(self) -> bool:
        """Wait until it is answered; return False if it ends first."""
        return await asyncio.shield(self._answered)

    async def early_media(self) -> bool:
        """Wait until it sends media before the answer; return False if it is answered or ends first."""
        return await asyncio.shield(self._early)

    async def follow(self, report: MediaAgreed) -> None:
        """Take an exchange; one of early media is reported once the port is configured."""
        await super().follow(report)
        if report.early and not self.is_ended and self._media and self._media.direction.receives:
            _set_result(self._early, True)

    def on_rang(self) -> None:
        """Take the far end's first 18x."""
        if self._can(DialledEvent.RANG):
            self._fire(DialledEvent.RANG)
            _set_result(self._rang, True)

    def on_answered(self) -> None:
        """Take the far end's 2xx."""
        if not self._can(DialledEvent.ANSWERED):
            return
        self._fire(DialledEvent.ANSWERED)
        if self._media:
            # Configured again: the media timeout starts now, whatever came or did not come before the answer.
            self._apply(self._media)
        _set_result(self._rang, False)
        _set_result(self._early, False)
        _set_result(self._answered, True)

    def _follows_media(self) -> bool:
        return not self.is_ended

    def _end(self) -> None:
        self._fire(DialledEvent.END)
        _set_result(self._rang, False)
        _set_result(self._early, False)
        _set_result(self._answered, False)

    def _can(self, event: DialledEvent) -> bool:
        return event in DIALLED_TRANSITIONS[self._state]

    def _fire(self, event: DialledEvent) -> None:
        self._state = step(DIALLED_TRANSITIONS, self._state, event)


def _set_result(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)


@dataclass(slots=True)
class _Call:
    leg: DialledLeg
    local: LocalEnd
    target: Target
    source: Address
    private: bool
    host: str
    """Our own."""
    from_value: str = ""
    worker_id: int = 0
    flow: Flow | None = None
    """Where it was sent."""
    others: list[Flow] = field(default_factory=list)
    """The servers that can be tried after this one."""
    redirects: int = 0
    identity: HeaderFields = ()
    """What only the trunk may read of the caller."""
    encrypted: bool = False
    """Whether SRTP is offered now; not any more after it was refused where it is optional."""

    def __post_init__(self) -> None:
        self.aim(self.target)

    @property
    def offers_either(self) -> bool:
        """Whether SRTP is left to the far end, by capability negotiation: where SRTP alone was refused."""
        return self.target.encryption == "optional" and not self.encrypted and self.local.dtls is None

    @property
    def has_alternative(self) -> bool:
        """Whether another server or target can be tried after this one."""
        return bool(self.others or self.target.alternatives)

    def aim(self, target: Target) -> None:
        """Dial this target from now on."""
        self.target, self.others = target, []
        domain = target.policy.from_domain or self.host
        self.from_value = from_value(self.source, domain, anonymous=self.private)
        self.identity = identity_fields(self.source, target, self.host, anonymous=self.private)
        self.local = replace(
            self.local, encryption="required" if target.encryption == "required" else "optional"
        )
        self.encrypted = target.encryption != "never" and self.local.dtls is None
        self.leg.set_media_timeout(target.media_timeout_s)

    def fail_over(self) -> bool:
        """Go on to the target's next alternative; return False if there is none."""
        if not self.target.alternatives:
            return False
        following, *rest = self.target.alternatives
        kept = {name: getattr(self.target, name) for name in _OF_THE_CALL}
        self.aim(replace(following, alternatives=tuple(rest), **kept))
        return True


class Dialler:
    """Resolves the target and reserves a worker for each call; a leg hung up meanwhile is not dialled."""

    def __init__(self, config: SipConfig, pool: WorkerPool, locator: Locator, tasks: TaskScope) -> None:
        self._locator = locator
        self._config = config
        self._pool = pool
        self._tasks = tasks
        self._calls: dict[LegId, _Call] = {}

    def leg(self, leg_id: LegId) -> DialledLeg | None:
        call = self._calls.get(leg_id)
        return call.leg if call else None

    def send(self, leg_id: LegId, message: Message) -> None:
        """Send a leg's command to the worker that has its call, if one has it already."""
        if call := self._calls.get(leg_id):
            self._pool.send(call.worker_id, message)

    def on_report(self, report: CallRang | CallAnswered | CallEnded) -> None:
        """Pass a worker's report to the leg; dial a redirected call again."""
        call = self._calls.get(report.leg_id)
        if call is None:
            return
        match report:
            case CallRang():
                call.leg.on_rang()
            case CallAnswered():
                if call.flow:
                    self._locator.answered(call.flow)
                call.leg.on_answered()
            case CallEnded(redirect=redirect) if redirect and self._may_redirect(call):
                call.redirects += 1
                call.worker_id = 0
                # A redirect target never gets our credentials, nor the identity of a caller.
                call.aim(_redirected(call.target, redirect))
                self._tasks.spawn("redirect", self._dial(call))
            case CallEnded() if self._may_try_without_srtp(call, report):
                call.encrypted = False
                call.worker_id = 0
                call.others = [call.flow, *call.others] if call.flow else []
                self._tasks.spawn("without SRTP", self._dial(call))
            case CallEnded() if self._may_try_another_server(call, report):
                call.worker_id = 0
                if not call.others:
                    call.fail_over()
                self._tasks.spawn("next server", self._dial(call))
            case CallEnded():
                del self._calls[report.leg_id]
                refused = not (report.local or call.leg.is_answered)
                call.leg.set_ended(refusal_of(report) if refused else end_of(report))

    def on_worker_lost(self, worker_id: int, kept: Collection[LegId]) -> None:
        """End the calls of a worker that has exited, but those that another one continues."""
        for call in [each for each in self._calls.values() if each.worker_id == worker_id]:
            if call.leg.id not in kept:
                self.fail(call.leg.id, LegEnded(HangupReason.FAILED, remote=False))

    def resume(self, leg_id: LegId, worker_id: int) -> None:
        """Take that another worker continues a call."""
        if call := self._calls.get(leg_id):
            call.worker_id = worker_id

    def fail(self, leg_id: LegId, ended: LegEnded) -> None:
        """End a call that no worker has."""
        if call := self._calls.pop(leg_id, None):
            call.leg.set_ended(ended)

    def close(self) -> None:
        """End all calls; the processes have exited by then."""
        for call in list(self._calls.values()):
            call.leg.set_ended(LegEnded(HangupReason.NORMAL, remote=False))
        self._calls.clear()

    def dial(
        self, leg: DialledLeg, local: LocalEnd, target: Target, *, source: Address, anonymous: bool
    ) -> None:
        """Start dialling; the leg reports the outcome."""
        host = self._config.advertised_host
        self._calls[leg.id] = call = _Call(leg, local, target, source, anonymous, host)
        self._tasks.spawn("dial", self._dial(call))

    def _may_try_without_srtp(self, call: _Call, report: CallRang | CallAnswered | CallEnded) -> bool:
        return (
            isinstance(report, CallEnded)
            and report.status_code in _SDP_REFUSED
            and not report.local
            and call.encrypted
            and call.target.encryption == "optional"
            and not (call.leg.is_ended or call.leg.is_answered)
        )

    def _may_try_another_server(self, call: _Call, report: CallRang | CallAnswered | CallEnded) -> bool:
        """Note a server that has failed; return whether there is another one, or another target (RFC 3263 section 4.3)."""
        if not isinstance(report, CallEnded) or report.local or report.status_code not in _SERVER_FAILED:
            return False
        if call.leg.is_ended or call.leg.is_answered or call.leg.is_ringing or not call.flow:
            return False
        self._locator.failed(call.flow)
        return call.has_alternative

    def _may_redirect(self, call: _Call) -> bool:
        return not (call.leg.is_ended or call.leg.is_answered) and call.redirects < _MAX_REDIRECTS

    async def _dial(self, call: _Call) -> None:
        try:
            flow = call.flow = await self._next_flow(call)
            local = call.leg.session.local = call.local.facing(call.target.faces or flow.host)
            worker_id = await self._pool.reserve(call.leg.id)
        except MixMinusError as error:
            _log.warning("call not dialled", leg=str(call.leg.id), reason=error.reason)
            del self._calls[call.leg.id]
            call.leg.set_ended(LegEnded(HangupReason.FAILED, remote=True))
            return
        if call.leg.is_ended:
            del self._calls[call.leg.id]
            self._pool.release(call.leg.id)
            return
        call.worker_id = worker_id
        credentials = call.target.credentials or _NO_CREDENTIALS
        self._pool.send(
            worker_id,
            Dial(
                leg_id=call.leg.id,
                request_uri=call.target.request_uri,
                from_value=call.from_value,
                private=call.private,
                flow=flow,
                local=local,
                offer=render(make_offer(local, encrypted=call.encrypted, either=call.offers_either)),
                username=credentials.username,
                password=credentials.password,
                headers=(*call.identity, *_replacing(call.target), *call.target.headers.items()),
                route=call.target.route,
                max_forwards=call.target.max_forwards,
                account_id=str(call.target.account_id or ""),
                first_response_s=call.target.first_response_s if call.has_alternative else 0.0,
            ),
        )

    async def _next_flow(self, call: _Call) -> Flow:
        """Return the flow that the target's registration names, else the next one that its URI leads to.

        A target whose name has no address is followed by its alternatives.
        """
        hop = call.target.hop
        while hop is None:
            uri = call.target.route[0] if call.target.route else call.target.request_uri
            try:
                call.others = call.others or await self._locator.locate(uri)
            except MixMinusError:
                if not call.fail_over():
                    raise
            else:
                return call.others.pop(0)
        return Flow(_TRANSPORTS.get(hop.transport, "UDP"), hop.host, hop.port, hop.connection)


def _redirected(target: Target, uri: str) -> Target:
    policy = CallerPolicy(from_domain=target.policy.from_domain)
    return Target(
        uri,
        encryption=target.encryption,
        headers=target.headers,
        policy=policy,
        media_timeout_s=target.media_timeout_s,
        max_forwards=target.max_forwards,
    )


def _replacing(target: Target) -> tuple[tuple[str, str], ...]:
    """Return the headers of an INVITE that takes the place of a call elsewhere (RFC 3891 section 4)."""
    return (("Replaces", target.replaces), ("Require", "replaces")) if target.replaces else ()
