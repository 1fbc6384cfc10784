"""The registrar: passes each REGISTER to the server, and its answer to the phone (RFC 3261 section 10.3)."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.addressing import ToPhone, ToServer
from mixminus.sip.edge.message import Request
from mixminus.sip.edge.validation import respond
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, split_list
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import AnswerRegistration, RegisteringPhone, RegistrationRequested, WebSocketClosed

__all__ = ["Registrar"]

_DEFAULT_EXPIRES_S: Final = 3600
_MIN_EXPIRES_S: Final = 30
_MAX_CONTACTS: Final = 10
_MAX_CONTACT: Final = 512
_MAX_PATH: Final = 5
_MAX_USER_AGENT: Final = 255
_MAX_WAITING: Final = 1024
_TIMEOUT_S: Final = 5.0
_EXPIRES_DIGITS: Final = 10  # RFC 3261 section 20.19: up to 2**32 - 1
_REASONS: Final = {
    200: "OK",
    403: "Too Many Phones",
    423: "Interval Too Brief",
    500: "Out Of Order",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class _Pending:
    request: Request
    flow: Flow
    at_s: float
    path: tuple[str, ...]


class Registrar:
    """Keeps the REGISTERs that wait for the server, bounded in number and time."""

    def __init__(self, counters: Counter[str], proxies: Collection[str] = ()) -> None:
        self._counters = counters
        self._proxies = proxies
        self._pending: dict[int, _Pending] = {}
        self._numbers = 0
        self._websockets: set[int] = set()
        """The open WebSockets that a REGISTER came by."""

    def ask(self, request: Request, account_id: str, flow: Flow, now_s: float) -> ToPhone | ToServer | None:
        """Request the registration of an authenticated account; ``flow`` is where the response goes."""
        if any(_is_repeated(each.request, request) for each in self._pending.values()):
            return None
        try:
            phones, removes_all = _phones_of(request)
            path = self._path_of(request, flow)
        except Unreadable:
            return ToPhone(flow, respond(request, 400, "Bad Contact Or Path").render())
        if len(self._pending) >= _MAX_WAITING:
            return self._answer(_Pending(request, flow, now_s, path), 503)
        self._numbers += 1
        self._pending[self._numbers] = _Pending(request, flow, now_s, path)
        if flow.transport == "WSS":
            self._websockets.add(flow.connection)
        return ToServer(
            RegistrationRequested(
                request_id=self._numbers,
                account_id=account_id,
                sip_call_id=request.headers.first("call-id"),
                sequence_number=int(request.headers.first("cseq").split()[0]),
                phones=phones,
                removes_all=removes_all,
                transport=flow.transport,
                host=flow.host,
                port=flow.port,
                connection=flow.connection,
                path=path,
                user_agent=_user_agent(request),
            )
        )

    def closed(self, flow: Flow) -> ToServer | None:
        """Report a WebSocket that has closed, if phones may have registered by it."""
        if flow.connection not in self._websockets:
            return None
        self._websockets.remove(flow.connection)
        return ToServer(WebSocketClosed(flow.connection))

    def answered(self, answer: AnswerRegistration) -> ToPhone | None:
        """Return the response for the server's answer; None if the request has timed out."""
        pending = self._pending.pop(answer.request_id, None)
        if pending is None:
            return None
        if answer.status_code != 200:  # noqa: PLR2004 - RFC 3261 section 21.2.1
            return self._answer(pending, answer.status_code)
        self._counters["sip_edge_registered"] += 1
        extra = [("contact", f"<{contact}>;expires={left_s}") for contact, left_s in answer.phones]
        extra += [("path", f"<{uri}>") for uri in pending.path]
        if _is_outbound(pending.request):
            extra.append(("require", "outbound"))
        return ToPhone(pending.flow, respond(pending.request, 200, "OK", extra=extra).render())

    def expire(self, now_s: float) -> list[ToPhone]:
        """Answer the requests that have waited too long for the server."""
        late = [number for number, pending in self._pending.items() if now_s - pending.at_s > _TIMEOUT_S]
        return [self._answer(self._pending.pop(number), 503) for number in late]

    def _answer(self, pending: _Pending, status_code: int) -> ToPhone:
        self._counters["sip_edge_registrations_refused"] += 1
        extra = {423: (("min-expires", str(_MIN_EXPIRES_S)),), 503: (("retry-after", "5"),)}
        reason = _REASONS.get(status_code, "Refused")
        response = respond(pending.request, status_code, reason, extra=extra.get(status_code, ()))
        return ToPhone(pending.flow, response.render())

    def _path_of(self, request: Request, flow: Flow) -> tuple[str, ...]:
        """Return the URIs of the Path (RFC 3327); raise Unreadable if one is malformed.

        It counts from a proxy of ours, or if it leads to the address that the REGISTER came from: an account may not
        name a third party that we then send requests to.
        """
        values = [part for value in request.headers.values("path") for part in split_list(value)]
        uris = tuple(NameAddress.parse(value).uri for value in values)
        hosts = [SipUri.parse(uri).host for uri in uris]
        if len(uris) > _MAX_PATH or any(len(uri) > _MAX_CONTACT or not uri.isascii() for uri in uris):
            raise Unreadable("a Path is too long or not ASCII")
        return uris if flow.host in self._proxies or flow.host in hosts[:1] else ()


def _is_repeated(one: Request, other: Request) -> bool:
    return all(one.headers.first(name) == other.headers.first(name) for name in ("via", "call-id", "cseq"))


def _phones_of(request: Request) -> tuple[tuple[RegisteringPhone, ...], bool]:
    """Parse the Contacts; raise Unreadable if one is malformed or not a SIP URI."""
    values = [part for value in request.headers.values("contact") for part in split_list(value)]
    default_s = _expires(request.headers.first("expires"), _DEFAULT_EXPIRES_S)
    if "*" in values:
        # RFC 3261 section 10.2.2: alone, and with an expiry of 0.
        if len(values) > 1 or request.headers.first("expires") != "0":
            raise Unreadable("Contact: * with other contacts, or without Expires: 0")
        return (), True
    if len(values) > _MAX_CONTACTS:
        raise Unreadable("too many contacts")
    return tuple(_phone(value, default_s) for value in values), False


def _phone(value: str, default_s: int) -> RegisteringPhone:
    address = NameAddress.parse(value)
    if len(value) > _MAX_CONTACT or not value.isascii():
        raise Unreadable("a contact is too long or not ASCII")
    SipUri.parse(address.uri)
    expires_s = _expires(address.parameters.get("expires", ""), default_s)
    instance = address.parameters.get("+sip.instance", "").strip('"')
    if instance and (reg_id := address.parameters.get("reg-id", "")):
        # RFC 5626 section 6: a phone may have several flows, and each binding is replaced by its own kind only.
        instance = f"{instance};reg-id={reg_id}"
    return RegisteringPhone(address.uri, expires_s, instance)


def _user_agent(request: Request) -> str:
    """Return what the phone calls itself (RFC 3261 section 20.41). Bytes that were not UTF-8 are not printable."""
    given = request.headers.first("user-agent")
    return "".join(each for each in given if each.isprintable())[:_MAX_USER_AGENT]


def _is_outbound(request: Request) -> bool:
    """Return whether requests go by the flow of this REGISTER because its phone asks for it (RFC 5626 section 6)."""
    supported = ",".join(request.headers.values("supported")).lower()
    return "outbound" in {each.strip() for each in supported.split(",")} and any(
        "reg-id=" in value.lower() for value in request.headers.values("contact")
    )


def _expires(text: str, default_s: int) -> int:
    """Parse Expires; a malformed value means the default (RFC 3261 section 20.19)."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _EXPIRES_DIGITS else default_s
