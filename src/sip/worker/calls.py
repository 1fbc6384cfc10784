"""The calls of a worker, by leg, and the one pjsua2 account that they belong to."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus import log
from mixminus.clock import Clock
from mixminus.model.ids import LegId
from mixminus.model.signalling import MAX_FORWARDS
from mixminus.sip.channel import BlockingChannel, Disconnected
from mixminus.sip.internal_headers import (
    CallerHeader,
    find_max_forwards,
    find_replaced,
    find_resumed,
    find_signalled,
)
from mixminus.sip.messages import (
    Attach,
    CallDialled,
    CallEnded,
    CallFreed,
    Dial,
    HeaderFields,
    IncomingCall,
    Message,
    Notify,
    Refer,
    TextAnswered,
)
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.worker.call import SipCall, guarded
from mixminus.sip.worker.pjlib import Slots

__all__ = ["Calls", "SipAccount", "account_config"]

_MS_PER_S: Final = 1000
_MIN_SESSION_EXPIRES_S: Final = 90  # RFC 4028 section 5

_log = log.get("sip.worker")


class Calls:
    """Owns the pjsua2 call objects, which may only be freed outside their own callbacks."""

    def __init__(self, channel: BlockingChannel, library_slots: Slots, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._library_slots = library_slots
        self._calls: dict[LegId, SipCall] = {}
        self._draining = False
        self._slots: dict[int, str] = {}
        """The Call-IDs by slot of the library."""
        self._waiting_holds: dict[LegId, bool] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def incoming(self, account: pj.Account, call_id: int, invite: str) -> None:
        """Report an INVITE to the server."""
        received_ms = int(self._clock.now().timestamp() * _MS_PER_S)
        resumed = find_resumed(invite)
        leg_id = LegId(uuid.UUID(resumed)) if resumed else LegId(uuid.uuid4())
        call = SipCall(account, leg_id, call_id=call_id, report=self._report)
        self._calls[call.leg_id] = call
        from_uri, to_uri = call.identify()
        self._take_slot(call)
        try:
            call.take_offer(invite)
        except MalformedSdp:
            call.end(pj.PJSIP_SC_BAD_REQUEST)
            return
        if self._draining:
            call.end(pj.PJSIP_SC_SERVICE_UNAVAILABLE)
            return
        caller = CallerHeader.find(invite)
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
                media_hosts=caller.media_hosts,
                verified=caller.verified,
                replaces=find_replaced(invite),
                headers=find_signalled(invite),
                resumed=bool(resumed),
                max_forwards=find_max_forwards(invite),
                received_ms=received_ms,
            )
        )
        call.take_allow(invite)

    def dial(self, command: Dial, account: "SipAccount") -> None:
        """Send an INVITE; a call that cannot be sent ends at once."""
        call = SipCall(account, command.leg_id, report=self._report)
        self._calls[command.leg_id] = call
        try:
            if self._draining:
                raise Disconnected
            with account.acting_as(command):
                call.dial(command)
        except (pj.Error, Disconnected) as error:
            _log.warning("dial failed", cause=type(error).__name__)
            if not call.over:
                call.over = True
                self._report(CallEnded(command.leg_id, "", pj.PJSIP_SC_SERVICE_UNAVAILABLE, local=False))
            return
        self._take_slot(call)
        self._report(CallDialled(command.leg_id, call.sip_call_id))

    def hold(self, leg_id: LegId, on: bool) -> None:
        """Hold or resume; while another exchange goes on in the dialog (its ACK is missing), after that one."""
        self._waiting_holds.pop(leg_id, None)
        if call := self._active(leg_id):
            try:
                call.hold(on)
            except pj.Error as error:
                _log.debug("hold waits", cause=error.reason)
                self._waiting_holds[leg_id] = on

    def repeat_holds(self) -> None:
        """Try the waiting holds again."""
        for leg_id, on in list(self._waiting_holds.items()):
            self.hold(leg_id, on)

    def attach(self, command: Attach) -> None:
        if call := self._calls.get(command.leg_id):
            call.attach(command)

    def ring(self, leg_id: LegId, attach: Attach | None = None) -> None:
        if call := self._active(leg_id, attach):
            try:
                call.ring()
            except pj.Error as error:
                _log.warning("ring failed", cause=error.reason)

    def progress(self, leg_id: LegId, attach: Attach | None = None) -> None:
        if call := self._active(leg_id, attach):
            try:
                call.progress()
            except pj.Error as error:
                _log.warning("early media failed", cause=error.reason)

    def answer(self, leg_id: LegId, headers: HeaderFields, attach: Attach | None = None) -> None:
        """Answer a call; refuse it if pjsua2 cannot, which is reported by CallEnded."""
        if call := self._active(leg_id, attach):
            try:
                call.accept(headers)
            except pj.Error as error:
                _log.warning("answer failed", cause=error.reason)
                self.hang_up(leg_id, pj.PJSIP_SC_NOT_ACCEPTABLE_HERE)

    def hang_up(self, leg_id: LegId, status_code: int, headers: HeaderFields = ()) -> None:
        if call := self._active(leg_id):
            try:
                call.end(status_code, headers)
            except pj.Error as error:
                _log.warning("hang-up failed", cause=error.reason)

    def transfer(self, command: Notify | Refer) -> None:
        """Send a NOTIFY or a REFER in a call's dialog."""
        if call := self._active(command.leg_id):
            try:
                if isinstance(command, Notify):
                    call.notify(command.refer_id, command.status_code)
                else:
                    call.refer(command.uri)
            except pj.Error as error:
                _log.warning("transfer request failed", cause=error.reason)

    def say(self, leg_id: LegId, text: str) -> None:
        """Send a text; one that cannot be sent counts as refused."""
        if call := self._active(leg_id):
            try:
                call.say(text)
            except pj.Error as error:
                _log.warning("text not sent", cause=error.reason)
                self._report(TextAnswered(leg_id, pj.PJSIP_SC_SERVICE_UNAVAILABLE))

    def ask(self, leg_id: LegId) -> None:
        if call := self._active(leg_id):
            try:
                call.ask()
            except pj.Error as error:
                _log.warning("phone not asked", cause=error.reason)

    def drain(self) -> None:
        """Hang up all calls and refuse new ones."""
        self._draining = True
        for leg_id in list(self._calls):
            self.hang_up(leg_id, pj.PJSIP_SC_SERVICE_UNAVAILABLE)

    def free_ended(self) -> bool:
        """Free the calls that are over; return whether there were any.

        If a newer call has taken its slot in pjsua2, a call is kept until the slot is free: its destructor
        knows only the slot, and would decline the newer call.
        """
        ended = [leg_id for leg_id, call in self._calls.items() if call.over and not call.isActive()]
        for leg_id in ended:
            del self._calls[leg_id]
        return bool(ended)

    def report_freed(self) -> None:
        """Report the calls whose slot is free now: a slot is taken until its call is over."""
        if len(self._slots) > sum(not call.over for call in self._calls.values()):
            for slot in self._slots.keys() - self._library_slots.taken():
                self._report(CallFreed(self._slots.pop(slot)))

    def _take_slot(self, call: SipCall) -> None:
        slot = call.getId()
        if freed := self._slots.get(slot):
            self._report(CallFreed(freed))
        self._slots[slot] = call.sip_call_id

    def _active(self, leg_id: LegId, attach: Attach | None = None) -> SipCall | None:
        """Return a call that is not over, attached to its media; the server may not know yet that it has just ended."""
        call = self._calls.get(leg_id)
        if call is None or call.over:
            return None
        if attach:
            call.attach(attach)
        return call

    def _report(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except Disconnected:
            # The event loop reads the same end of file and drains.
            return


class SipAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Passes on every incoming call; outgoing calls use it with an identity of their own."""

    def __init__(self, calls: Calls, config: pj.AccountConfig, edge_port: int) -> None:
        super().__init__()
        self._calls = calls
        self._config = config
        self._own_uri = config.idUri
        self._edge_port = edge_port
        self.create(config)

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802 - pjsua2's name
        self._calls.incoming(self, prm.callId, prm.rdata.wholeMsg)

    @contextmanager
    def acting_as(self, command: Dial) -> Iterator[None]:
        """Take on the caller's identity, with a route by the edge, while a call is made; the call keeps it.

        Left in place, the credentials would answer challenges in incoming calls too.
        """
        wait = f";wait={command.first_response_s}" if command.first_response_s else ""
        hops = f";hops={command.max_forwards}" if command.max_forwards != MAX_FORWARDS else ""
        account = f";account={command.account_id}" if command.account_id else ""
        leg = f"leg={command.leg_id}{wait}{hops}{account}"
        route = f"<sip:127.0.0.1:{self._edge_port};lr;flow={command.flow.token};{leg}>"
        credentials = pj.AuthCredInfoVector()
        if command.username:
            credentials.append(pj.AuthCredInfo("digest", "*", command.username, 0, command.password))
        routes = [route, *(f"<{uri}>" for uri in command.route)]
        self._set_identity(command.from_value, routes, credentials)
        try:
            yield
        finally:
            self._set_identity(self._own_uri, [], pj.AuthCredInfoVector())

    def _set_identity(self, uri: str, routes: list[str], credentials: pj.AuthCredInfoVector) -> None:
        sip = self._config.sipConfig
        self._config.idUri, sip.proxies, sip.authCreds = uri, pj.StringVector(routes), credentials
        self.modify(self._config)


def account_config(worker_id: int, sip_port: int, *, session_expires_s: int) -> pj.AccountConfig:
    """Return the configuration of an account without media of its own that rewrites nothing."""
    config = pj.AccountConfig()
    config.idUri = f"sip:w{worker_id}@127.0.0.1"
    # The user part names the worker; the edge replaces the host by the public address.
    config.sipConfig.contactForced = f"<sip:w{worker_id}@127.0.0.1:{sip_port}>"
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.timerSessExpiresSec = max(session_expires_s, _MIN_SESSION_EXPIRES_S)
    config.callConfig.timerMinSESec = _MIN_SESSION_EXPIRES_S
    # Provisional responses are sent reliably to phones that support it.
    config.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    config.mediaConfig.useLoopMedTp = True
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = False
    config.natConfig.sdpNatRewriteUse = 0
    return config
