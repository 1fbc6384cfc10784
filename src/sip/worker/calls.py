"""The calls of a worker, by leg: commands come in, reports go out."""

import uuid
from contextlib import AbstractContextManager
from typing import Protocol

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus import log
from mixminus.model.ids import LegId
from mixminus.sip.caller import caller_of
from mixminus.sip.channel import BlockingChannel, Disconnected
from mixminus.sip.messages import CallDialled, CallEnded, Dial, IncomingCall, Message, Notify, Refer
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.negotiation import LocalEnd
from mixminus.sip.worker.call import SipCall

__all__ = ["Calls"]

_log = log.get("sip.worker")


class Face(Protocol):
    """An account that can be who calls; ``account.SipAccount`` is the one."""

    def facing(self, command: Dial) -> AbstractContextManager[None]: ...


class Calls:
    """Owns the pjsua2 call objects: one may only be freed outside its own callbacks."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._calls: dict[LegId, SipCall] = {}
        self._draining = False

    def __len__(self) -> int:
        return len(self._calls)

    def incoming(self, account: pj.Account, call_id: int, invite: str) -> None:
        """Take an INVITE as the edge has written it."""
        call = SipCall(account, LegId(uuid.uuid4()), call_id=call_id, report=self._report)
        self._calls[call.leg_id] = call
        from_uri, to_uri = call.who()
        try:
            call.take_offer(invite)
        except MalformedSdp:
            call.end(pj.PJSIP_SC_BAD_REQUEST)
            return
        if self._draining:
            call.end(pj.PJSIP_SC_SERVICE_UNAVAILABLE)
            return
        caller = caller_of(invite)
        _, request_uri, _ = invite.partition("\r\n")[0].split(" ")
        self._report(
            IncomingCall(
                leg_id=call.leg_id,
                sip_call_id=call.sip_call_id,
                request_uri=request_uri,
                from_uri=from_uri,
                to_uri=to_uri,
                offer=call.offer,
                account_id=caller.account_id,
                source_host=caller.host,
            )
        )

    def dial(self, command: Dial, account: Face) -> None:
        """Call somebody; a call that cannot even be sent ends at once."""
        call = SipCall(account, command.leg_id, report=self._report)
        self._calls[command.leg_id] = call
        try:
            if self._draining:
                raise Disconnected
            with account.facing(command):
                call.dial(command)
        except (pj.Error, Disconnected) as error:
            _log.warning("dial failed", cause=type(error).__name__)
            if not call.over:
                call.over = True
                self._report(CallEnded(command.leg_id, "", pj.PJSIP_SC_SERVICE_UNAVAILABLE, local=False))
            return
        self._report(CallDialled(command.leg_id, call.sip_call_id))

    def hold(self, leg_id: LegId, on: bool) -> None:
        if call := self._living(leg_id):
            try:
                call.hold(on)
            except pj.Error as error:
                _log.warning("hold failed", cause=error.reason)

    def attach(self, leg_id: LegId, local: LocalEnd, description: str) -> None:
        if call := self._calls.get(leg_id):
            call.attach(local, description)

    def ring(self, leg_id: LegId) -> None:
        if call := self._living(leg_id):
            try:
                call.ring()
            except pj.Error as error:
                _log.warning("ring failed", cause=error.reason)

    def answer(self, leg_id: LegId) -> None:
        """Answer; a call that cannot be answered is refused, which tells the server by CallEnded."""
        if call := self._living(leg_id):
            try:
                call.accept()
            except pj.Error as error:
                _log.warning("answer failed", cause=error.reason)
                self.hang_up(leg_id, pj.PJSIP_SC_NOT_ACCEPTABLE_HERE)

    def hang_up(self, leg_id: LegId, status_code: int) -> None:
        if call := self._living(leg_id):
            try:
                call.end(status_code)
            except pj.Error as error:
                _log.warning("hang-up failed", cause=error.reason)

    def hand_on(self, command: Notify | Refer) -> None:
        """Say in a call's dialog what is about handing it on."""
        if call := self._living(command.leg_id):
            try:
                if isinstance(command, Notify):
                    call.notify(command.refer_id, command.status_code)
                else:
                    call.refer(command.uri)
            except pj.Error as error:
                _log.warning("not handed on", cause=error.reason)

    def drain(self) -> None:
        """Hang up everything and refuse what still comes."""
        self._draining = True
        for leg_id in list(self._calls):
            self.hang_up(leg_id, pj.PJSIP_SC_SERVICE_UNAVAILABLE)

    def bury(self) -> None:
        """Free the calls that are over.

        One whose place in pjsua2 a newer call has taken meanwhile stays until that is free: its destructor knows
        the place only, and would decline whoever sits there.
        """
        for leg_id in [leg_id for leg_id, call in self._calls.items() if call.over and not call.isActive()]:
            del self._calls[leg_id]

    def _living(self, leg_id: LegId) -> SipCall | None:
        """Return a call that may still be commanded; the server may speak of one that has just ended."""
        call = self._calls.get(leg_id)
        return call if call and not call.over else None

    def _report(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except Disconnected:
            # The loop meets the same end of file and drains.
            return
