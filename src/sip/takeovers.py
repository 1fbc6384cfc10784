"""Legs whose worker has crashed: they go on, and what is sent to them waits until another worker has their dialogs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mixminus import log
from mixminus.call.leg import LegEnded
from mixminus.clock import Clock
from mixminus.model.call import HangupReason
from mixminus.model.ids import LegId
from mixminus.sip.leg import SipLeg
from mixminus.sip.messages import Answer, Attach, CallNotMoved, Hold, Message, MoveCall
from mixminus.tasks import TaskScope

__all__ = ["Takeovers"]

_MAX_WAITING: Final = 32
# More than the edge takes (``edge/takeovers.py``), and more than a restart of it.
_GIVE_UP_S: Final = 30.0
_SENDRECV: Final = "a=sendrecv"

_log = log.get("sip.takeovers")


@dataclass(slots=True)
class _Waiting:
    sip_call_id: str
    leg: SipLeg
    held: bool
    """Whether the phone was to be on hold when the worker exited."""
    messages: list[Message] = field(default_factory=list)


class Takeovers:
    """The legs that wait for another worker, by id."""

    def __init__(
        self, clock: Clock, tasks: TaskScope, *, on_failed: Callable[[LegId, LegEnded], None]
    ) -> None:
        """``on_failed`` ends a leg that no worker has taken."""
        self._clock = clock
        self._tasks = tasks
        self._on_failed = on_failed
        self._waiting: dict[LegId, _Waiting] = {}

    def begin(self, leg: SipLeg | None, sip_call_id: str) -> MoveCall | None:
        """Keep a leg whose worker has exited; return what the edge needs for it, None if it cannot go on."""
        local_sdp, remote_sdp = leg.session.agreed if leg else ("", "")
        if not (leg and leg.is_answered and leg.session.local and local_sdp and remote_sdp and sip_call_id):
            return None
        self._waiting[leg.id] = waiting = _Waiting(sip_call_id, leg, leg.session.held)
        self._tasks.spawn("takeover", self._give_up(waiting))
        return MoveCall(sip_call_id, str(leg.id), remote_sdp)

    def leg_of(self, sip_call_id: str) -> SipLeg | None:
        """Return the leg that waits with a Call-ID."""
        return next((each.leg for each in self._waiting.values() if each.sip_call_id == sip_call_id), None)

    def hold(self, leg_id: LegId, message: Message) -> bool:
        """Keep a command for later, of too many the newest; return False if its leg does not wait."""
        waiting = self._waiting.get(leg_id)
        if waiting is None:
            return False
        waiting.messages[_MAX_WAITING - 1 :] = [message]
        return True

    def resumed(self, leg_id: LegId) -> list[Message]:
        """Return the commands for the worker that continues a leg, the held ones last; none if it waits no longer."""
        waiting = self._waiting.pop(leg_id, None)
        if waiting is None or waiting.leg.session.local is None:
            return []
        description = waiting.leg.session.agreed[0]
        on_hold = waiting.held and _SENDRECV not in description
        attach = Attach(leg_id, waiting.leg.session.local, description, held=on_hold)
        # The worker may have exited before its re-INVITE.
        hold = [Hold(leg_id, on=True)] if waiting.held and not on_hold else []
        _log.info("call continued by another worker", leg=str(leg_id))
        return [attach, Answer(leg_id), *hold, *waiting.messages]

    def not_moved(self, report: CallNotMoved) -> None:
        """Take the edge's report that it has ended a call."""
        waiting = next((each for each in self._waiting.values() if str(each.leg.id) == report.leg_id), None)
        if waiting:
            reason = HangupReason.NORMAL if report.hung_up else HangupReason.FAILED
            self._fail(waiting, LegEnded(reason, remote=report.hung_up))

    async def _give_up(self, waiting: _Waiting) -> None:
        await self._clock.sleep(_GIVE_UP_S)
        if self._waiting.get(waiting.leg.id) is waiting:
            self._fail(waiting, LegEnded(HangupReason.FAILED, remote=False))

    def _fail(self, waiting: _Waiting, ended: LegEnded) -> None:
        del self._waiting[waiting.leg.id]
        self._on_failed(waiting.leg.id, ended)
