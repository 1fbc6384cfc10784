"""Authentication of phones and trunks by digest (RFC 3261 section 22, RFC 8760), by address, or by a TLS certificate.

A request passes with the account that was authenticated, passes anonymously, is answered here, or waits for
the server's answer about the account. Authentication is required for REGISTER, for an INVITE whose From is
in a customer's or a trunk's domain, and for any request that carries credentials. A From at our own address is
an extension's where that is registered from the same host, or has logged in from there; from any other host it is
only a claim, and the request is served without authentication: it does not show which extensions there are.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.accounts import Accounts, Busy, Login, Waiting
from mixminus.sip.edge.addressing import ToPhone, ToServer
from mixminus.sip.edge.digest import Algorithm, Credentials, Nonces, challenges, matches, read_credentials
from mixminus.sip.edge.limits import Attempts
from mixminus.sip.edge.message import Request
from mixminus.sip.edge.validation import respond
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import AnswerAccount, LoginsFailed

__all__ = ["Authenticator", "Passed"]

_NONCE_KEY_BYTES: Final = 32
_MAX_REPORTS: Final = 64
_RETRY_AFTER_S: Final = 5
_FOR_BROWSERS: Final[tuple[Algorithm, ...]] = ("md5",)


@dataclass(frozen=True, slots=True)
class Passed:
    """The request may proceed; ``account_id`` is empty for an anonymous one."""

    account_id: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """The account that a request claims to be from."""

    domain: str
    username: str
    needed: bool = True
    """Whether it must be authenticated even if no such account exists."""


_BY_CERTIFICATE: Final = _Claim("", "", needed=False)
"""Of a client that names no account; its certificate may be a trunk's."""


class Authenticator:
    """Decides by the cached accounts and by earlier attempts."""

    def __init__(
        self,
        domain: str,
        hosts: frozenset[str],
        algorithms: Collection[Algorithm],
        counters: Counter[str],
        names_of: Callable[[Flow], tuple[str, ...]],
        is_verified: Callable[[str, float], bool],
    ) -> None:
        """``hosts`` are our own names; a From with one of them may be an extension's.

        ``names_of`` returns the domains of the certificate that a client has presented, ``is_verified`` whether a host
        has been verified by now.
        """
        self._names_of = names_of
        self._is_verified = is_verified
        self.accounts = Accounts()
        self._domain = domain
        self._hosts = hosts | {domain, f"sip.{domain}"}
        self._algorithms = algorithms
        self._counters = counters
        self._nonces = Nonces(secrets.token_bytes(_NONCE_KEY_BYTES), secrets.token_bytes)
        self._attempts = Attempts()
        self._reports: list[ToServer] = []

    def check(
        self, request: Request, flow: Flow, source: Flow, now_s: float
    ) -> Passed | ToPhone | ToServer | None:
        """Authenticate a request; None means that it waits for a look-up that is already pending."""
        try:
            credentials = _credentials_of(request)
        except Unreadable:
            return ToPhone(flow, respond(request, 400, "Bad Authorization").render())
        names = self._names_of(source)
        claim = self._claim_of(request, credentials) or (_BY_CERTIFICATE if names else None)
        if claim is None:
            return Passed()
        login = Login(claim.domain, claim.username, source.host, names)
        account = self.accounts.find(login, now_s)
        if account is None:
            return self._ask(login, Waiting(request, flow, source), now_s)
        if account.trusted:
            return Passed(account.account_id)
        if not (claim.needed or self._is_related(account, login, now_s)):
            return Passed()
        return self._authenticate(request, credentials, account, Waiting(request, flow, source), now_s)

    def reports(self) -> list[ToServer]:
        """Return and clear the reports for the server."""
        reports, self._reports = self._reports, []
        return reports

    def _claim_of(self, request: Request, credentials: Credentials | None) -> _Claim | None:
        asked = SipUri.parse(request.uri)
        if request.method == "REGISTER":
            address = SipUri.parse(NameAddress.parse(request.headers.first("to")).uri)
            domain = credentials.realm if credentials else asked.host
            return _Claim(domain.lower(), address.user)
        sender = _sender_of(request)
        for host in (sender.host.lower(), asked.host.lower()):
            if host.endswith(f".trunk.{self._domain}"):
                return _Claim(host, credentials.username if credentials else sender.user)
        if credentials:
            return _Claim(credentials.realm.lower(), credentials.username)
        host = sender.host.lower()
        if host.endswith(f".registrar.{self._domain}"):
            return _Claim(host, sender.user)
        return _Claim(host, sender.user, needed=False) if host in self._hosts and sender.user else None

    def _is_related(self, account: AnswerAccount, login: Login, now_s: float) -> bool:
        """Return whether a client without credentials uses the address of one of the account's phones."""
        name = f"{account.realm} {login.username}"
        known = account.registered_here or self._attempts.has_succeeded(name, login.host, now_s)
        return bool(account.account_id) and known

    def _ask(self, login: Login, waiting: Waiting, now_s: float) -> ToPhone | ToServer | None:
        try:
            verified = self._is_verified(login.host, now_s)
            question = self.accounts.ask(login, waiting, now_s, verified=verified)
        except Busy:
            self._counters["sip_edge_logins_busy"] += 1
            return self._retry_later(waiting, _RETRY_AFTER_S)
        return ToServer(question) if question else None

    def _authenticate(
        self,
        request: Request,
        credentials: Credentials | None,
        account: AnswerAccount,
        waiting: Waiting,
        now_s: float,
    ) -> Passed | ToPhone:
        if credentials is None or credentials.realm != account.realm:
            return self._challenge(waiting, account.realm, now_s)
        host = waiting.source.host
        name = f"{account.realm} {credentials.username}"
        if wait_s := self._attempts.wait_s(name, host, now_s):
            self._counters["sip_edge_logins_held"] += 1
            return self._retry_later(waiting, int(wait_s) + 1)
        secret = account.sha256 if credentials.algorithm == "sha256" else account.md5
        if credentials.algorithm not in self._algorithms:
            secret = ""
        if not self._is_right(request, credentials, secret):
            self._counters["sip_edge_logins_failed"] += 1
            self._report(account, host, self._attempts.failed(name, host, now_s))
            return self._challenge(waiting, account.realm, now_s)
        mark = "\0".join(waiting.mark)
        if not self._nonces.accepts(credentials.nonce, credentials.nonce_count, mark, now_s):
            self._counters["sip_edge_logins_stale"] += 1
            return self._challenge(waiting, account.realm, now_s, stale=True)
        self._attempts.succeeded(name, host, now_s)
        return Passed(account.account_id)

    def _is_right(self, request: Request, credentials: Credentials, secret: str) -> bool:
        right = matches(credentials, secret, request.method, request.uri)
        if request.method != "REGISTER":
            return right
        # An account may register only its own address.
        address = SipUri.parse(NameAddress.parse(request.headers.first("to")).uri)
        return right and credentials.username == address.user

    def _challenge(self, waiting: Waiting, realm: str, now_s: float, *, stale: bool = False) -> ToPhone:
        algorithms: Collection[Algorithm] = self._algorithms
        if waiting.source.transport == "WSS" and "md5" in algorithms:
            # Browsers' SIP stacks know MD5 alone, and give up when they see another challenge.
            algorithms = _FOR_BROWSERS
        headers = challenges(realm, self._nonces.make(now_s), algorithms, stale=stale)
        return ToPhone(waiting.flow, respond(waiting.request, 401, "Unauthorized", extra=headers).render())

    def _retry_later(self, waiting: Waiting, retry_after_s: int) -> ToPhone:
        extra = (("retry-after", str(retry_after_s)),)
        return ToPhone(
            waiting.flow, respond(waiting.request, 503, "Service Unavailable", extra=extra).render()
        )

    def _report(self, account: AnswerAccount, host: str, attempts: int) -> None:
        # Reported at each doubling, not at each attempt: 6, 12, 24, ...
        if not attempts or not account.account_id or not _is_doubling(attempts):
            return
        if len(self._reports) < _MAX_REPORTS:
            self._reports.append(ToServer(LoginsFailed(account.account_id, host, attempts)))
        else:
            self._counters["sip_edge_reports_dropped"] += 1


def _credentials_of(request: Request) -> Credentials | None:
    """Parse the first Authorization: a client that answers several challenges may choose."""
    values = request.headers.values("authorization")
    return read_credentials(values[0]) if values else None


def _sender_of(request: Request) -> SipUri:
    try:
        return SipUri.parse(NameAddress.parse(request.headers.first("from")).uri)
    except Unreadable:
        return SipUri("sip", "", "", 0, {})


def _is_doubling(count: int) -> bool:
    return count % 6 == 0 and (count // 6).bit_count() == 1
