"""The gate: whether who asks is who they say to be (RFC 3261 section 22, RFC 8760).

A request passes with the account that it has proved, passes as anybody's, is answered
here, or waits for what the server says about the name. Only these must prove
something: REGISTER; an INVITE whose From is in a customer's or a trunk's domain, or is an
extension that exists at our own address; and whoever shows credentials by themselves.
"""

import secrets
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.accounts import Accounts, Busy, Login, Waiting
from mixminus.sip.edge.attempts import Attempts
from mixminus.sip.edge.digest import Algorithm, Credentials, challenges, matches, read_credentials
from mixminus.sip.edge.flow import Flow, ToPhone
from mixminus.sip.edge.message import Request
from mixminus.sip.edge.nonces import Nonces
from mixminus.sip.edge.question import ToServer
from mixminus.sip.edge.responses import respond
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable
from mixminus.sip.messages import GiveAccount, LoginsFailed

__all__ = ["Gate", "Passed"]

_KEY_BYTES: Final = 32
_MAX_REPORTS: Final = 64
_RETRY_AFTER_S: Final = 5


@dataclass(frozen=True, slots=True)
class Passed:
    """Go on; ``account_id`` is empty for whoever has claimed nothing."""

    account_id: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who a request says it is from."""

    domain: str
    username: str
    needed: bool = True
    """Whether it must be proved even if there is nobody of this name."""


class Gate:
    """Decides, with what the server has told and what it remembers of earlier tries."""

    def __init__(
        self, domain: str, hosts: frozenset[str], algorithms: Collection[Algorithm], counters: Counter[str]
    ) -> None:
        """``hosts`` are our own names; a From there may be an extension's."""
        self.accounts = Accounts()
        self._domain = domain
        self._hosts = hosts | {domain, f"sip.{domain}"}
        self._algorithms = algorithms
        self._counters = counters
        self._nonces = Nonces(secrets.token_bytes(_KEY_BYTES), secrets.token_bytes)
        self._attempts = Attempts()
        self._reports: list[ToServer] = []

    def check(
        self, request: Request, flow: Flow, source: Flow, now_s: float
    ) -> Passed | ToPhone | ToServer | None:
        """Judge a request that opens something; None: it waits, and the question is under way."""
        try:
            credentials = _credentials_of(request)
        except Unreadable:
            return ToPhone(flow, respond(request, 400, "Bad Authorization").render())
        claim = self._claim_of(request, credentials)
        if claim is None:
            return Passed()
        login = Login(claim.domain, claim.username, source.host)
        account = self.accounts.find(login, now_s)
        if account is None:
            return self._ask(login, Waiting(request, flow, source), now_s)
        if account.trusted or not (account.account_id or claim.needed):
            return Passed(account.account_id)
        return self._prove(request, credentials, account, Waiting(request, flow, source), now_s)

    def reports(self) -> list[ToServer]:
        """Return what the server is to know of, and forget it."""
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

    def _ask(self, login: Login, waiting: Waiting, now_s: float) -> ToPhone | ToServer | None:
        try:
            question = self.accounts.ask(login, waiting, now_s)
        except Busy:
            self._counters["sip_edge_logins_busy"] += 1
            return self._later(waiting, _RETRY_AFTER_S)
        return ToServer(question) if question else None

    def _prove(
        self,
        request: Request,
        credentials: Credentials | None,
        account: GiveAccount,
        waiting: Waiting,
        now_s: float,
    ) -> Passed | ToPhone:
        if credentials is None or credentials.realm != account.realm:
            return self._challenge(waiting, account.realm, now_s)
        host = waiting.source.host
        name = f"{account.realm} {credentials.username}"
        if wait_s := self._attempts.wait_s(name, host, now_s):
            self._counters["sip_edge_logins_held"] += 1
            return self._later(waiting, int(wait_s) + 1)
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
        # One account's password opens no other's place.
        address = SipUri.parse(NameAddress.parse(request.headers.first("to")).uri)
        return right and credentials.username == address.user

    def _challenge(self, waiting: Waiting, realm: str, now_s: float, *, stale: bool = False) -> ToPhone:
        headers = challenges(realm, self._nonces.make(now_s), self._algorithms, stale=stale)
        return ToPhone(waiting.flow, respond(waiting.request, 401, "Unauthorized", extra=headers).render())

    def _later(self, waiting: Waiting, retry_after_s: int) -> ToPhone:
        extra = (("retry-after", str(retry_after_s)),)
        return ToPhone(
            waiting.flow, respond(waiting.request, 503, "Service Unavailable", extra=extra).render()
        )

    def _report(self, account: GiveAccount, host: str, attempts: int) -> None:
        # Each doubling is told, not each try: 6, 12, 24, ...
        if not attempts or not account.account_id or not _is_doubling(attempts):
            return
        if len(self._reports) < _MAX_REPORTS:
            self._reports.append(ToServer(LoginsFailed(account.account_id, host, attempts)))
        else:
            self._counters["sip_edge_reports_dropped"] += 1


def _credentials_of(request: Request) -> Credentials | None:
    """Read what is shown; whoever answers more than one challenge may choose."""
    values = request.headers.values("authorization")
    return read_credentials(values[0]) if values else None


def _sender_of(request: Request) -> SipUri:
    try:
        return SipUri.parse(NameAddress.parse(request.headers.first("from")).uri)
    except Unreadable:
        return SipUri("sip", "", "", 0, {})


def _is_doubling(count: int) -> bool:
    return count % 6 == 0 and (count // 6).bit_count() == 1
