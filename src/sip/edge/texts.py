"""Texts: MESSAGE requests of phones that are in a call (RFC 3428). Pure but for the table of calls.

A text comes within the dialog of the call, or outside of any dialog to the address that the call was made to. Outside,
the sender must be the phone of that call: by the account that has authenticated itself in both, or by the connection
that carries both. Nothing else that comes by UDP proves that. What the text is for is decided by the server; it never
reaches pjsip.
"""

import re
from collections import Counter, OrderedDict
from typing import Final

from mixminus.model.chat import MAX_TEXT
from mixminus.sip.edge.addressing import Action, ToPhone, ToServer
from mixminus.sip.edge.authentication import Authenticator, Passed
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.limits import RateLimit
from mixminus.sip.edge.message import Fault, Request, Response
from mixminus.sip.edge.validation import TEXT, media_type, refuse, respond
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import TextReceived

__all__ = ["Texts", "text_of"]

_TEXTS_PER_S: Final = 5.0
"""Of one call; a person types more slowly."""
_KEPT_S: Final = 32.0
"""How long a phone may repeat a request (RFC 3261 section 17.1.2.2, timer F)."""
_MAX_KEPT: Final = 1024
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^\s";]+)"?', re.IGNORECASE)
_CHARSETS: Final = frozenset({"utf-8", "us-ascii"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_Key = tuple[str, str, str]


def text_of(request: Request) -> str | Fault:
    """Return the text of a MESSAGE; it may be empty."""
    charset = _CHARSET.search(request.headers.first("content-type"))
    if request.body and (
        media_type(request.headers) not in (TEXT, "")
        or request.headers.first("content-encoding")
        or (charset and charset[1].lower() not in _CHARSETS)
    ):
        return Fault(415, "Unsupported Media Type")
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        return Fault(400, "Text Is Not UTF-8")
    if _CONTROL.search(text):
        return Fault(400, "Control Characters In Text")
    return Fault(413, "Text Too Long") if len(text) > MAX_TEXT else text.strip()


class Texts:
    """Answers MESSAGE requests, and passes their texts on to the server."""

    def __init__(self, calls: CallTable, counters: Counter[str]) -> None:
        self._calls = calls
        self._counters = counters
        self._limit = RateLimit(_TEXTS_PER_S)
        self._answered: OrderedDict[_Key, tuple[float, bytes]] = OrderedDict()

    def inside(self, request: Request, call: EdgeCall, now_s: float) -> tuple[Response, TextReceived | None]:
        """Take a text within the dialog of a call."""
        text = text_of(request)
        if isinstance(text, Fault):
            return self._refused(request, text), None
        if not text:
            return respond(request, 200, "OK"), None
        if not self._limit.admits(call.call_id, now_s):
            self._counters["sip_edge_texts_refused"] += 1
            return respond(request, 503, "Service Unavailable", extra=(("retry-after", "1"),)), None
        self._counters["sip_edge_texts"] += 1
        # RFC 3428 section 7: who reads it is not known yet.
        return respond(request, 202, "Accepted"), TextReceived(call.call_id, call.leg_id, text)

    def outside(
        self, request: Request, flow: Flow, source: Flow, authenticator: Authenticator, now_s: float
    ) -> Action:
        """Take a text outside of a dialog; a repeated one is answered as before."""
        key = _key_of(request)
        if kept := self._answered.get(key):
            return ToPhone(flow, kept[1])
        passed = authenticator.check(request, flow, source, now_s)
        if not isinstance(passed, Passed):
            return passed
        response = self._answer(request, source, passed.account_id, now_s).render()
        self._keep(key, response, now_s)
        return ToPhone(flow, response)

    def _answer(self, request: Request, source: Flow, account_id: str, now_s: float) -> Response:
        own = [call for call in self._calls.active() if _is_of(call, source, account_id)]
        if not own:
            return self._refused(request, Fault(403, "Not In A Call Here"))
        user = SipUri.parse(request.uri).user
        call = next((each for each in own if _address_of(each) == user), None)
        if call is None:
            return self._refused(request, Fault(404, "Not The Address Of Your Call"))
        response, report = self.inside(request, call, now_s)
        if report:
            self._calls.outbox.append(ToServer(report))
        return response

    def _refused(self, request: Request, fault: Fault) -> Response:
        self._counters["sip_edge_texts_refused"] += 1
        return refuse(request, fault)

    def _keep(self, key: _Key, response: bytes, now_s: float) -> None:
        self._answered[key] = now_s, response
        while len(self._answered) > _MAX_KEPT or now_s - next(iter(self._answered.values()))[0] > _KEPT_S:
            self._answered.popitem(last=False)


def _key_of(request: Request) -> _Key:
    return request.headers.first("call-id"), request.headers.first("cseq"), request.headers.first("via")


def _is_of(call: EdgeCall, source: Flow, account_id: str) -> bool:
    """Return whether the sender of a text is the phone of a call that is answered."""
    if call.state is not CallState.ESTABLISHED or call.dialog.over:
        return False
    if call.account_id:
        return call.account_id == account_id
    same = (source.transport, source.connection) == (call.flow.transport, call.flow.connection)
    return same and bool(source.connection)


def _address_of(call: EdgeCall) -> str:
    """Return the user part of our address in a call, as the phone knows it."""
    try:
        if call.outgoing:
            return SipUri.parse(NameAddress.parse(call.invite.headers.first("from")).uri).user
        return SipUri.parse(call.invite.uri).user
    except Unreadable:
        return ""
