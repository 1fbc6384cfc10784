"""One pjsua2 call: its callbacks become reports, and its SDP is replaced by ours."""

import functools
import re
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

from mixminus import log
from mixminus.model.ids import LegId
from mixminus.sip.internal_headers import find_tags, takes_texts
from mixminus.sip.messages import (
    Attach,
    CallAnswered,
    CallEnded,
    CallRang,
    Dial,
    DialogConfirmed,
    HeaderFields,
    MediaAgreed,
    Message,
    PhoneResponded,
    ProgressAcknowledged,
    TextAnswered,
    TextsAllowed,
)
from mixminus.sip.sdp.agreement import NotAcceptable
from mixminus.sip.sdp.description import MalformedSdp
from mixminus.sip.sdp.envelope import PARAMETER, fold, unfold, unfold_parameter
from mixminus.sip.sdp.session import LocalSession
from mixminus.sip.worker.referrals import notification, referral

__all__ = ["SipCall", "guarded"]

P = ParamSpec("P")
S = TypeVar("S")

# RFC 3261 section 21.3; 305 and 380 do not ask for another call.
_REDIRECTIONS: Final = frozenset({300, 301, 302})
_RELIABLE: Final = re.compile(r"^(?:supported|require|k)[ \t]*:.*\b100rel\b", re.IGNORECASE | re.MULTILINE)
_CONTACT_URI: Final = re.compile(
    r"^(?:contact|m)[ \t]*:[^<\r\n]*<([^<>\r\n]{1,512})>", re.IGNORECASE | re.MULTILINE
)

_log = log.get("sip.worker")


def guarded(callback: Callable[Concatenate[S, P], None]) -> Callable[Concatenate[S, P], None]:
    """Log any exception of a callback: raised through SWIG's director it would abort the process."""

    @functools.wraps(callback)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except Exception:  # noqa: BLE001 - no exception may reach C++
            _log.exception("callback failed", callback=callback.__name__)

    return call


class SipCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A dialog in pjsua2, and the session descriptions that we send in it.

    pjmedia sees envelopes only. A request that carries an offer passes
    ``onCallTsxState`` first, whole: there the true offer is taken out. It is answered in
    ``onCallRxOffer``, and the answer is sent by the ``onCallSdpCreated`` that follows. (``remSdp``
    would not do: pjsua2 prints it into 1,024 bytes and gives nothing when it is longer.)
    """

    def __init__(
        self,
        account: pj.Account,
        leg_id: LegId,
        *,
        report: Callable[[Message], None],
        call_id: int = pj.PJSUA_INVALID_ID,
    ) -> None:
        """``call_id`` is pjsua2's, for an incoming call."""
        super().__init__(account, call_id)
        self.leg_id = leg_id
        self.sip_call_id = ""
        self.over = False
        self._report = report
        self.offer = ""
        """The last offer received; empty once answered."""
        self._session = LocalSession()
        self._agreed = ("", "")
        self._first_exchange: tuple[str, str] | None = None
        """Our answer to the INVITE and its offer, until pjsip has taken them."""
        self._outgoing = call_id == pj.PJSUA_INVALID_ID
        self._rang = False
        self._late_and_reliable = False
        self._ended_here = False
        self._after_ack: HeaderFields = ()
        self._takes_texts = False

    def identify(self) -> tuple[str, str]:
        """Return From and To of an incoming call, and set its Call-ID."""
        info = self.getInfo()
        self.sip_call_id = info.callIdString
        return _text(info.remoteUri), _text(info.localUri)

    def dial(self, command: Dial) -> None:
        """Send the INVITE; the account holds identity, route and credentials."""
        self._session.open(command.local, command.offer)
        parameters = pj.CallOpParam(True)
        parameters.opt.audioCount = 1
        parameters.opt.videoCount = 0
        fields = (("Privacy", "id"), *command.headers) if command.private else command.headers
        _add_headers(parameters, fields)
        self.makeCall(command.request_uri, parameters)
        self.sip_call_id = self.getInfo().callIdString

    def hold(self, on: bool) -> None:
        """Put the phone on hold, or take it off hold, by a re-INVITE."""
        if self._session.hold(on):
            parameters = pj.CallOpParam(True)
            parameters.opt.audioCount = 1
            parameters.opt.videoCount = 0
            try:
                self.reinvite(parameters)
            finally:
                self._session.drop_pending()

    def take_offer(self, request: str) -> None:
        """Unfold the offer of a received request; raise MalformedSdp if it has no envelope."""
        self.offer = ""
        self._late_and_reliable = False
        if body := request.partition("\r\n\r\n")[2]:
            self.offer = unfold(body)
        elif not self.sip_call_id or not self._session.is_open:
            self._late_and_reliable = bool(_RELIABLE.search(request))

    def take_allow(self, message: str) -> None:
        """Report once that the phone allows MESSAGE, if its INVITE or 200 says so."""
        if not self._takes_texts and takes_texts(message):
            self._takes_texts = True
            self._report(TextsAllowed(self.leg_id))

    def attach(self, command: Attach) -> None:
        self._session.open(command.local, command.description, held=command.held)

    def ring(self) -> None:
        """Send 180; a late offer that asks for reliability would need our offer in it, and gets no 180."""
        if self._late_and_reliable:
            return
        parameters = pj.CallOpParam(True)
        parameters.statusCode = pj.PJSIP_SC_RINGING
        self.answer(parameters)

    def progress(self) -> None:
        """Send 183 with our answer; 180 if there is no offer that it could answer."""
        if self.offer:
            self._respond(pj.PJSIP_SC_PROGRESS)
        else:
            self.ring()

    def accept(self, headers: HeaderFields) -> None:
        """Send 200 with our answer, or with our offer if the INVITE had none."""
        self._respond(pj.PJSIP_SC_OK, headers)

    def _respond(self, status_code: int, headers: HeaderFields = ()) -> None:
        parameters = pj.CallOpParam(True)
        parameters.statusCode = status_code
        _add_headers(parameters, headers)
        parameters.opt.audioCount = 1
        parameters.opt.videoCount = 0
        if self.offer and self._session.is_pending:
            self._first_exchange = (self._session.next(), self.offer)
            self.offer = ""
            # pjsua2 asked for a description when the INVITE came, before Attach: this replaces it.
            # (In a late offer that would trip an assertion; there it asks when we ring or answer.)
            parameters.sdp.wholeSdp = fold(self._first_exchange[0])
        self.answer(parameters)

    def end(self, status_code: int, headers: HeaderFields = ()) -> None:
        """Send BYE, or refuse an unanswered call with this code.

        BYE waits for the ACK of our 200 (RFC 3261 section 15). pjsip would wait as well, and forget the headers.
        """
        self._ended_here = True
        if headers and not self._outgoing and self.getInfo().state == pj.PJSIP_INV_STATE_CONNECTING:
            self._after_ack = headers
            return
        parameters = pj.CallOpParam()
        _add_headers(parameters, headers)
        parameters.statusCode = status_code
        self.hangup(parameters)

    def notify(self, refer_id: int, status_code: int) -> None:
        """Send a NOTIFY about a REFER."""
        self.sendRequest(notification(refer_id, status_code))

    def ask(self) -> None:
        """Send OPTIONS."""
        request = pj.CallSendRequestParam()
        request.method = "OPTIONS"
        self.sendRequest(request)

    def say(self, text: str) -> None:
        """Send a MESSAGE."""
        request = pj.CallSendRequestParam()
        request.method = "MESSAGE"
        request.txOption.contentType = "text/plain"
        request.txOption.msgBody = text
        self.sendRequest(request)

    def refer(self, uri: str) -> None:
        """Send a REFER."""
        self.sendRequest(referral(uri))

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:  # noqa: N802 - pjsua2's name
        event = prm.e.body.tsxState
        transaction = event.tsx
        if event.type != pj.PJSIP_EVENT_RX_MSG:
            return
        if transaction.method == "PRACK" and transaction.role == pj.PJSIP_ROLE_UAS:
            self._report(ProgressAcknowledged(self.leg_id))
        if transaction.method == "OPTIONS" and transaction.statusCode >= pj.PJSIP_SC_OK:
            self._report(PhoneResponded(self.leg_id, transaction.statusCode))
        if transaction.method == "MESSAGE" and transaction.statusCode >= pj.PJSIP_SC_OK:
            self._report(TextAnswered(self.leg_id, transaction.statusCode))
        if transaction.method not in ("INVITE", "UPDATE"):
            return
        if transaction.role == pj.PJSIP_ROLE_UAS and transaction.state == pj.PJSIP_TSX_STATE_TRYING:
            self.take_offer(event.src.rdata.wholeMsg)
        elif transaction.role == pj.PJSIP_ROLE_UAC and transaction.statusCode == pj.PJSIP_SC_OK:
            self.take_allow(event.src.rdata.wholeMsg)

    @guarded
    def onCallRxOffer(self, prm: pj.OnCallRxOfferParam) -> None:  # noqa: N802 - pjsua2's name
        if not self._session.is_open:
            return
        offer, self.offer = self.offer, ""
        try:
            self._session.answer(offer)
        except MalformedSdp:
            prm.statusCode = pj.PJSIP_SC_BAD_REQUEST
        except NotAcceptable:
            prm.statusCode = pj.PJSIP_SC_NOT_ACCEPTABLE_HERE

    @guarded
    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:  # noqa: N802 - pjsua2's name
        if self._session.is_open:
            prm.sdp.wholeSdp = fold(self._session.next())

    @guarded
    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802 - pjsua2's name
        if self._first_exchange:
            # The server has made it, and knows what it means.
            self._agreed, self._first_exchange = self._first_exchange, None
            self._session.agreed(*self._agreed)
            return
        # Kept in a variable: pjsua2 frees the members of a StreamInfo together with it.
        stream = self.getStreamInfo(0)
        setting = stream.audCodecParam.setting
        agreed = (_true_sdp(setting.decFmtp), _true_sdp(setting.encFmtp))
        if agreed != self._agreed:
            self._agreed = agreed
            self._session.agreed(*agreed)
            early = self._outgoing and self.getInfo().state < pj.PJSIP_INV_STATE_CONNECTING
            self._report(MediaAgreed(self.leg_id, *agreed, early=early))

    @guarded
    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802 - pjsua2's name
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            # For a redirected call pjsua2 reports a code of its own.
            status_code, redirect = _redirected(prm.e) or (info.lastStatusCode, "")
            ended = CallEnded(self.leg_id, self.sip_call_id, status_code, self._ended_here, redirect)
            self._report(ended)
        elif self._outgoing and info.state == pj.PJSIP_INV_STATE_EARLY and not self._rang:
            self._rang = True
            self._report(CallRang(self.leg_id))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            if tags := _confirming_tags(prm.e):
                self._report(DialogConfirmed(self.leg_id, self.sip_call_id, *tags))
            if self._outgoing:
                self._report(CallAnswered(self.leg_id))
            elif self._after_ack:
                headers, self._after_ack = self._after_ack, ()
                self.end(pj.PJSIP_SC_OK, headers)


def _confirming_tags(event: pj.SipEvent) -> tuple[str, str] | None:
    """Return the local and the remote tag, out of the message that confirmed the dialog: an ACK or a 2xx."""
    received = (
        event.body.rxMsg.rdata if event.type == pj.PJSIP_EVENT_RX_MSG else event.body.tsxState.src.rdata
    )
    message = received.wholeMsg
    tags = find_tags(message)
    return tags if tags is None or message.startswith("SIP/2.0") else tags[::-1]


def _add_headers(parameters: pj.CallOpParam, fields: HeaderFields) -> None:
    """Have the message carry these headers too."""
    for name, value in fields:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        parameters.txOption.headers.append(header)


def _text(value: str) -> str:
    """Return a string of pjsua2 with invalid UTF-8 replaced."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _true_sdp(parameters: pj.CodecFmtpVector) -> str:
    for parameter in parameters:
        if parameter.name == PARAMETER:
            return unfold_parameter(parameter.val)
    return ""


def _redirected(event: pj.SipEvent) -> tuple[int, str] | None:
    """Return the code and the first Contact of the 3xx that ended a call; None if it ended otherwise."""
    change = event.body.tsxState
    if event.type != pj.PJSIP_EVENT_TSX_STATE or change.type != pj.PJSIP_EVENT_RX_MSG:
        return None
    if change.tsx.role != pj.PJSIP_ROLE_UAC or change.tsx.statusCode not in _REDIRECTIONS:
        return None
    contact = _CONTACT_URI.search(change.src.rdata.wholeMsg)
    return change.tsx.statusCode, _text(contact[1]) if contact else ""
