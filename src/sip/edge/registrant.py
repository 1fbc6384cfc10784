"""Registrants: trunks that register with their provider, as a phone does (RFC 3261 section 10.2). Pure.

The Contact's user is a token that only the provider learns: a call to it comes from the provider, and is
authenticated by that. A registration is refreshed before it expires, and tried again with growing pauses after
a failure; with several addresses of the provider each attempt goes to the next one.
"""

import enum
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from mixminus.hosts import bracketed
from mixminus.machine import step
from mixminus.sip.edge.addressing import NO_WORKER, Identity, ToPhone, ToServer
from mixminus.sip.edge.challenges import Challenge, challenge_of
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.grammar import DEFAULT_SIP_PORT, NameAddress, SipUri, Unreadable, split_list
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import Register, TrunkRegistered

__all__ = ["REGISTRANT_TRANSITIONS", "RegistrantEvent", "RegistrantState", "Registrants", "called_uri"]

# RFC 3261 section 17.1.2.2: T1, T2 and timer F.
_FIRST_RETRANSMISSION_S: Final = 0.5
_LAST_RETRANSMISSION_S: Final = 4.0
_TIMEOUT_S: Final = 32.0
_FINAL: Final = 200
# RFC 5626 section 4.5: pauses after failures.
_FIRST_RETRY_S: Final = 15.0
_LAST_RETRY_S: Final = 600.0
# A refresh has this part of the lifetime left for its own retransmissions.
_REFRESH_AT: Final = 0.8
_SHORTEST_S: Final = 20.0
_MAX_EXPIRES_S: Final = 86_400
_MAX_CHALLENGES: Final = 2
_TAG_BYTES: Final = 8
_DIGITS: Final = 9


class RegistrantState(enum.StrEnum):
    REGISTERING = enum.auto()
    REGISTERED = enum.auto()
    FAILED = enum.auto()
    UNREGISTERING = enum.auto()


class RegistrantEvent(enum.StrEnum):
    ACCEPTED = enum.auto()
    REFUSED = enum.auto()
    DUE = enum.auto()
    STOP = enum.auto()


REGISTRANT_TRANSITIONS: Final[dict[RegistrantState, dict[RegistrantEvent, RegistrantState]]] = {
    RegistrantState.REGISTERING: {
        RegistrantEvent.ACCEPTED: RegistrantState.REGISTERED,
        RegistrantEvent.REFUSED: RegistrantState.FAILED,
        RegistrantEvent.STOP: RegistrantState.UNREGISTERING,
    },
    RegistrantState.REGISTERED: {
        RegistrantEvent.DUE: RegistrantState.REGISTERING,
        RegistrantEvent.STOP: RegistrantState.UNREGISTERING,
    },
    RegistrantState.FAILED: {
        RegistrantEvent.DUE: RegistrantState.REGISTERING,
        RegistrantEvent.STOP: RegistrantState.UNREGISTERING,
    },
    RegistrantState.UNREGISTERING: {},
}


@dataclass(slots=True)
class _Transaction:
    """A REGISTER that is not answered."""

    branch: str
    flow: Flow
    message: bytes
    deadline_s: float
    interval_s: float
    due_at_s: float


@dataclass(slots=True)
class _Registrant:
    command: Register
    call_id: str
    tag: str
    state: RegistrantState = RegistrantState.REGISTERING
    sequence_number: int = 0
    expires_s: int = 0
    challenge: Challenge | None = None
    challenged: int = 0
    """How often the request in progress was challenged."""
    failures: int = 0
    transaction: _Transaction | None = None
    due_at_s: float = field(default=float("inf"))
    """When to refresh, or to try again."""

    @property
    def flow(self) -> Flow:
        return self.command.flows[self.failures % len(self.command.flows)]

    def fire(self, event: RegistrantEvent) -> None:
        self.state = step(REGISTRANT_TRANSITIONS, self.state, event)


class Registrants:
    """The registrations in progress, by trunk."""

    def __init__(self, identity: Identity, counters: Counter[str]) -> None:
        self._identity = identity
        self._counters = counters
        self._outbox: list[ToPhone | ToServer] = []
        self._by_trunk: dict[str, _Registrant] = {}
        self._by_user: dict[str, str] = {}
        """Trunks by the user of their Contact."""
        self._by_branch: dict[str, _Registrant] = {}
        """Those that wait for a response."""
        self._leaving: list[_Registrant] = []

    def take_outbox(self) -> list[ToPhone | ToServer]:
        """Return and clear what is to be sent."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def start(self, command: Register, now_s: float) -> None:
        """Register a trunk, or again with other values."""
        self.stop(command.trunk_id, now_s)
        token = secrets.token_hex(_TAG_BYTES)
        registrant = _Registrant(
            command, f"{token}@{self._identity.host}", token, expires_s=command.expires_s
        )
        self._by_trunk[command.trunk_id] = registrant
        self._by_user[command.contact_user] = command.trunk_id
        self._send(registrant, now_s)

    def stop(self, trunk_id: str, now_s: float) -> None:
        """Remove a trunk's registration at the provider; nothing if there is none."""
        registrant = self._by_trunk.pop(trunk_id, None)
        if registrant is None:
            return
        del self._by_user[registrant.command.contact_user]
        registrant.fire(RegistrantEvent.STOP)
        registrant.expires_s = registrant.challenged = 0
        self._leaving.append(registrant)
        self._send(registrant, now_s)

    def trunk_of(self, user: str) -> str:
        """Return the trunk whose Contact has this user; empty if there is none."""
        return self._by_user.get(user, "")

    def on_response(self, branch: str, response: Response, now_s: float) -> bool:
        """Take a response; return whether it answers one of the REGISTERs."""
        registrant = self._by_branch.get(branch)
        if registrant is None:
            return False
        if response.status_code >= _FINAL:
            self._end_transaction(registrant)
            self._on_final(registrant, response, now_s)
        return True

    def poll(self, now_s: float) -> None:
        """Retransmit, refresh and time out what is due."""
        for registrant in [*self._by_trunk.values(), *self._leaving]:
            transaction = registrant.transaction
            if transaction is None:
                if now_s >= registrant.due_at_s:
                    registrant.fire(RegistrantEvent.DUE)
                    registrant.challenged = 0
                    self._send(registrant, now_s)
            elif now_s >= transaction.deadline_s:
                self._end_transaction(registrant)
                self._refused(registrant, 408, "Request Timeout", 0, now_s)
            elif transaction.flow.transport == "UDP" and now_s >= transaction.due_at_s:
                transaction.interval_s = min(2 * transaction.interval_s, _LAST_RETRANSMISSION_S)
                transaction.due_at_s = now_s + transaction.interval_s
                self._outbox.append(ToPhone(transaction.flow, transaction.message))

    def _on_final(self, registrant: _Registrant, response: Response, now_s: float) -> None:
        match response.status_code:
            case 401 | 407 if registrant.challenged < _MAX_CHALLENGES and (found := challenge_of(response)):
                registrant.challenge = found
                registrant.challenged += 1
                self._send(registrant, now_s)
            case 423 if (shortest_s := _number(response, "min-expires")) > registrant.expires_s > 0:
                registrant.expires_s = min(shortest_s, _MAX_EXPIRES_S)
                self._send(registrant, now_s)
            case 200:
                self._accepted(registrant, response, now_s)
            case status_code:
                retry_after_s = _number(response, "retry-after")
                self._refused(registrant, status_code, response.phrase, retry_after_s, now_s)

    def _end_transaction(self, registrant: _Registrant) -> None:
        if registrant.transaction:
            self._by_branch.pop(registrant.transaction.branch, None)
            registrant.transaction = None

    def _accepted(self, registrant: _Registrant, response: Response, now_s: float) -> None:
        if registrant.state is RegistrantState.UNREGISTERING:
            self._leaving.remove(registrant)
            return
        expires_s = _granted_s(response, registrant.command.contact_user, registrant.expires_s)
        registrant.fire(RegistrantEvent.ACCEPTED)
        registrant.failures = registrant.challenged = 0
        registrant.due_at_s = now_s + max(expires_s * _REFRESH_AT, _SHORTEST_S)
        self._counters["sip_edge_trunks_registered"] += 1
        self._outbox.append(ToServer(TrunkRegistered(registrant.command.trunk_id, 200, "OK")))

    def _refused(
        self, registrant: _Registrant, status_code: int, reason: str, retry_after_s: int, now_s: float
    ) -> None:
        if registrant.state is RegistrantState.UNREGISTERING:
            self._leaving.remove(registrant)
            return
        registrant.fire(RegistrantEvent.REFUSED)
        pause_s = min(_FIRST_RETRY_S * 2 ** min(registrant.failures, 10), _LAST_RETRY_S)
        registrant.due_at_s = now_s + max(pause_s, min(retry_after_s, _MAX_EXPIRES_S))
        registrant.failures += 1
        registrant.challenge = None
        self._counters["sip_edge_trunks_refused"] += 1
        self._outbox.append(ToServer(TrunkRegistered(registrant.command.trunk_id, status_code, reason)))

    def _send(self, registrant: _Registrant, now_s: float) -> None:
        self._end_transaction(registrant)
        command, flow = registrant.command, registrant.flow
        registrant.sequence_number += 1
        registrant.due_at_s = float("inf")
        seed = f"{registrant.call_id} {registrant.sequence_number}"
        transport = "" if flow.transport == "UDP" else f";transport={flow.transport.lower()}"
        contact = f"<sip:{command.contact_user}@{self._identity.authority(flow)}{transport}>"
        headers = Headers(
            [
                ("via", self._identity.public_via(flow, NO_WORKER, seed)),
                ("max-forwards", "70"),
                ("from", f"<{command.address}>;tag={registrant.tag}"),
                ("to", f"<{command.address}>"),
                ("call-id", registrant.call_id),
                ("cseq", f"{registrant.sequence_number} REGISTER"),
                ("contact", f"{contact};expires={registrant.expires_s}"),
                ("expires", str(registrant.expires_s)),
                ("user-agent", "mixminus"),
            ]
        )
        if command.route:
            headers.push("route", f"<{command.route}>")
        if registrant.challenge:
            name, value = registrant.challenge.answer(
                "REGISTER", command.registrar, command.username, command.password
            )
            headers.add(name, value)
        message = Request("REGISTER", command.registrar, headers).render()
        registrant.transaction = _Transaction(
            branch=self._identity.branch(NO_WORKER, seed),
            flow=flow,
            message=message,
            deadline_s=now_s + _TIMEOUT_S,
            interval_s=_FIRST_RETRANSMISSION_S,
            due_at_s=now_s + _FIRST_RETRANSMISSION_S,
        )
        self._by_branch[registrant.transaction.branch] = registrant
        self._outbox.append(ToPhone(flow, message))


def called_uri(request: Request) -> str:
    """Return the Request-URI of a provider's call with the called number, which P-Called-Party-ID or To names.

    The Request-URI itself has the Contact that was registered (RFC 3261 section 16.5; RFC 7315 section 4.2).
    """
    target = SipUri.parse(request.uri)
    for name in ("p-called-party-id", "to"):
        try:
            uri = NameAddress.parse(request.headers.first(name)).uri
            scheme, _, number = uri.partition(":")
            user = number.partition(";")[0] if scheme.lower() == "tel" else SipUri.parse(uri).user
        except Unreadable:
            continue
        if user and user != target.user:
            return f"sip:{user}@{bracketed(target.host)}:{target.port or DEFAULT_SIP_PORT}"
    return request.uri


def _granted_s(response: Response, contact_user: str, asked_s: int) -> int:
    """Return for how long the provider registers our Contact (RFC 3261 section 10.2.4)."""
    for value in response.headers.values("contact"):
        for part in split_list(value):
            try:
                address = NameAddress.parse(part)
                user = SipUri.parse(address.uri).user
            except Unreadable:
                continue
            text = address.parameters.get("expires", "")
            if user == contact_user and text.isascii() and text.isdecimal() and len(text) <= _DIGITS:
                return int(text)
    return _number(response, "expires") or asked_s


def _number(response: Response, name: str) -> int:
    text = response.headers.first(name).partition(";")[0].partition("(")[0].strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
