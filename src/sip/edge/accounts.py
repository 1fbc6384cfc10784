"""Accounts: a cache of the server's answers about logins, and the requests that wait for one."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.limits import RateLimit, SourceLimit
from mixminus.sip.edge.message import Request
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import AccountRequested, AnswerAccount

__all__ = ["Accounts", "Busy", "Login", "Waiting"]

_KEPT_S: Final = 30.0
_MAX_KEPT: Final = 4096
_MAX_WAITING: Final = 1024
_TIMEOUT_S: Final = 3.0
_LOOK_UPS_PER_S: Final = 50.0
# Each is a query of the database, which the API needs as well.
_ALL_LOOK_UPS_PER_S: Final = 200.0


class Busy(Exception):
    """Too many look-ups are pending."""


@dataclass(frozen=True, slots=True)
class Login:
    """A claimed account, and the host that claims it."""

    domain: str
    username: str
    host: str
    names: tuple[str, ...] = ()
    """The domains of the client's certificate."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that is continued when the server has answered."""

    request: Request
    flow: Flow
    source: Flow

    @property
    def mark(self) -> tuple[str, ...]:
        """What all retransmissions of the request have in common."""
        return tuple(self.request.headers.first(name) for name in ("via", "call-id", "cseq"))


@dataclass(slots=True)
class _Pending:
    login: Login
    at_s: float
    waiting: list[Waiting]


class Accounts:
    """A bounded cache; one look-up at a time for each login, however many requests wait for it."""

    def __init__(self) -> None:
        self._known: OrderedDict[Login, tuple[AnswerAccount, float]] = OrderedDict()
        self._pending: dict[int, _Pending] = {}
        self._numbers = 0
        self._outdated = 0
        """Answers to look-ups up to this one may be outdated by a change."""
        self._rate = SourceLimit(_LOOK_UPS_PER_S)
        self._all = {verified: RateLimit(_ALL_LOOK_UPS_PER_S) for verified in (False, True)}
        """By whether the host is verified: a flood of others leaves it its share."""

    def find(self, login: Login, now_s: float) -> AnswerAccount | None:
        """Return a cached account that is not too old."""
        found = self._known.get(login)
        return found[0] if found and now_s - found[1] < _KEPT_S else None

    def ask(
        self, login: Login, waiting: Waiting, now_s: float, *, verified: bool = False
    ) -> AccountRequested | None:
        """Let a request wait; return the look-up to send, None if one is pending. Raise Busy if there is no room."""
        for pending in self._pending.values():
            if pending.login == login:
                if all(each.mark != waiting.mark for each in pending.waiting):
                    self._admit()
                    pending.waiting.append(waiting)
                return None
        self._admit()
        if not (self._rate.admits(login.host, now_s) and self._all[verified].admits("", now_s)):
            raise Busy
        self._numbers += 1
        self._pending[self._numbers] = _Pending(login, now_s, [waiting])
        return AccountRequested(self._numbers, login.domain, login.username, login.host, login.names)

    def on_answer(self, account: AnswerAccount, now_s: float) -> list[Waiting]:
        """Cache an answer; return the requests that waited for it."""
        pending = self._pending.pop(account.request_id, None)
        if pending is None:
            return []
        self._known.pop(pending.login, None)
        if account.request_id > self._outdated:
            self._known[pending.login] = (account, now_s)
        if len(self._known) > _MAX_KEPT:
            self._known.popitem(last=False)
        return pending.waiting

    def invalidate(self) -> None:
        """Drop all answers: an account has changed."""
        self._known.clear()
        self._outdated = self._numbers

    def expire(self, now_s: float) -> list[Waiting]:
        """Return and drop the requests that have waited too long."""
        late = [number for number, pending in self._pending.items() if now_s - pending.at_s > _TIMEOUT_S]
        return [waiting for number in late for waiting in self._pending.pop(number).waiting]

    def _admit(self) -> None:
        if sum(len(pending.waiting) for pending in self._pending.values()) >= _MAX_WAITING:
            raise Busy
