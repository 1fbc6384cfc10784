"""Dialler: the calls that we make, from the wish to the end; redirected ones are dialled again."""

from dataclasses import dataclass
from typing import Final, Literal

from mixminus import log
from mixminus.call.leg import Address, Credentials, LegEnded, Target
from mixminus.errors import MixMinusError
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.sip.addresses import from_value
from mixminus.sip.config import SipConfig
from mixminus.sip.dialled_leg import DialledLeg
from mixminus.sip.endings import end_of, refusal_of
from mixminus.sip.hop import Hop, find_hop
from mixminus.sip.messages import CallAnswered, CallEnded, CallRang, Dial, Message
from mixminus.sip.pool import WorkerPool
from mixminus.sip.sdp.description import render
from mixminus.sip.sdp.negotiation import LocalEnd, make_offer
from mixminus.tasks import TaskScope

__all__ = ["Dialler"]

# How often a call may be sent elsewhere (RFC 3261 section 8.1.3.4 leaves the bound to us).
_MAX_REDIRECTS: Final = 3
_NOBODY: Final = Credentials("", "")

_log = log.get("sip.dialler")


@dataclass(slots=True)
class _Call:
    leg: DialledLeg
    local: LocalEnd
    target: Target
    from_value: str
    private: bool
    worker_id: int = 0
    redirects: int = 0


class Dialler:
    """Finds the way and a worker for each call; whoever hangs up in the meantime is not called."""

    def __init__(self, config: SipConfig, pool: WorkerPool, tasks: TaskScope) -> None:
        self._config = config
        self._pool = pool
        self._tasks = tasks
        self._calls: dict[LegId, _Call] = {}

    def leg(self, leg_id: LegId) -> DialledLeg | None:
        call = self._calls.get(leg_id)
        return call.leg if call else None

    def send(self, leg_id: LegId, message: Message) -> None:
        """Bring a leg's wish to the worker that has its call, if one has it already."""
        if call := self._calls.get(leg_id):
            self._pool.send(call.worker_id, message)

    def on_report(self, report: CallRang | CallAnswered | CallEnded) -> None:
        """Tell the leg; a call that is sent elsewhere is dialled anew."""
        call = self._calls.get(report.leg_id)
        if call is None:
            return
        match report:
            case CallRang():
                call.leg.note_ringing()
            case CallAnswered():
                call.leg.note_answered()
            case CallEnded(redirect=redirect) if redirect and self._may_redirect(call):
                call.redirects += 1
                call.worker_id = 0
                # Whoever is named by a stranger is not told our credentials.
                call.target = Target(redirect)
                self._tasks.spawn("redirect", self._dial(call))
            case CallEnded():
                del self._calls[report.leg_id]
                refused = not (report.local or call.leg.is_answered)
                call.leg.over(refusal_of(report) if refused else end_of(report))

    def on_worker_lost(self, worker_id: int) -> None:
        """End the calls that a worker had."""
        for call in [each for each in self._calls.values() if each.worker_id == worker_id]:
            del self._calls[call.leg.id]
            call.leg.over(LegEnded(HangupReason.FAILED, remote=False))

    def close(self) -> None:
        """End what is left; the processes are gone by then."""
        for call in list(self._calls.values()):
            call.leg.over(LegEnded(HangupReason.NORMAL, remote=False))
        self._calls.clear()

    def dial(
        self, leg: DialledLeg, local: LocalEnd, target: Target, *, source: Address, anonymous: bool
    ) -> None:
        """Begin; the leg is told of everything."""
        caller = from_value(source, self._config.advertised_host, anonymous=anonymous)
        self._calls[leg.id] = call = _Call(leg, local, target, caller, anonymous)
        self._tasks.spawn("dial", self._dial(call))

    def _may_redirect(self, call: _Call) -> bool:
        return not (call.leg.is_over or call.leg.is_answered) and call.redirects < _MAX_REDIRECTS

    async def _dial(self, call: _Call) -> None:
        try:
            hop = await self._hop(call.target)
            worker_id = await self._pool.reserve(call.leg.id)
        except MixMinusError as error:
            _log.warning("call not dialled", leg=str(call.leg.id), reason=error.reason)
            del self._calls[call.leg.id]
            call.leg.over(LegEnded(HangupReason.FAILED, remote=True))
            return
        if call.leg.is_over:
            del self._calls[call.leg.id]
            self._pool.release(call.leg.id)
            return
        call.worker_id = worker_id
        credentials = call.target.credentials or _NOBODY
        self._pool.send(
            worker_id,
            Dial(
                leg_id=call.leg.id,
                request_uri=call.target.request_uri,
                from_value=call.from_value,
                private=call.private,
                hop=hop,
                local=call.local,
                offer=render(make_offer(call.local)),
                username=credentials.username,
                password=credentials.password,
            ),
        )

    async def _hop(self, target: Target) -> Hop:
        given = target.hop
        if given is None:
            return await find_hop(target.request_uri)
        transport: Literal["udp", "tcp"] = "tcp" if given.transport == "tcp" else "udp"
        return Hop(transport, given.host, given.port, given.connection)
