"""The tracer: copies the messages of traced calls to the server, masked, as they pass the public side of the edge.

A call is traced by its Call-ID or its leg, once the server has said so (FollowCall). For the next calls of a number or
a peer (WatchCalls) the INVITE decides: its call is a candidate, whose messages are reported for a short time, in which
the server finds out whose call it is and follows it, or does not. Nothing is copied while there is nothing to trace.
"""

import ipaddress
import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.limits import RateLimit
from mixminus.sip.edge.masking import masked
from mixminus.sip.edge.message import MAX_MESSAGE_BYTES, Request, Unparseable, parse
from mixminus.sip.messages import FollowCall, MessageTraced, UnfollowCall, UnwatchCalls, WatchCalls

__all__ = ["TraceCommand", "Tracer"]

TraceCommand = FollowCall | UnfollowCall | WatchCalls | UnwatchCalls
Address = tuple[str, int]

_CANDIDATE_S: Final = 8.0
_MAX_CANDIDATES: Final = 64
# The server must not lose the edge because traces fill the channel between them.
_MESSAGES_PER_S: Final = 200.0
_MAX_BACKLOG: Final = 256
_CALL_ID = re.compile(rb"[\r\n](?:call-id|i)[ \t]*:[ \t]*([^\s]{1,512})[ \t]*[\r\n]", re.IGNORECASE)
_USER = re.compile(r"\b(?:sips?|tel):([^@;>:\s\"]{1,128})", re.IGNORECASE)
_INVITE = re.compile(rb"\s*INVITE\s", re.IGNORECASE)
_EVERYTHING: Final = "edge"


@dataclass(slots=True)
class _Candidate:
    since_s: float
    watches: tuple[str, ...]


class Tracer:
    """Decides by each message whether it belongs to a trace; without sockets."""

    def __init__(
        self,
        report: Callable[[MessageTraced], None],
        counters: Counter[str],
        *,
        backlog: Callable[[], int],
        leg_of: Callable[[str], str],
    ) -> None:
        """``backlog`` is how many messages wait for the server; ``leg_of`` returns the leg of an outgoing call."""
        self._report = report
        self._counters = counters
        self._backlog = backlog
        self._leg_of = leg_of
        self._followed: dict[str, set[str]] = {}
        """Call-IDs by leg."""
        self._watches: dict[str, WatchCalls] = {}
        self._candidates: OrderedDict[str, _Candidate] = OrderedDict()
        """By Call-ID."""
        self._limit = RateLimit(_MESSAGES_PER_S)
        self._dropped = 0

    @property
    def active(self) -> bool:
        """Whether anything is traced at all."""
        return bool(self._followed or self._watches or self._candidates)

    def on_command(self, command: TraceCommand) -> None:
        """Begin or end to trace."""
        match command:
            case FollowCall(leg_id, sip_call_ids):
                self._followed.setdefault(leg_id, set()).update(sip_call_ids)
                for each in sip_call_ids:
                    self._candidates.pop(each, None)
            case UnfollowCall(leg_id):
                self._followed.pop(leg_id, None)
            case WatchCalls(watch_id=watch_id):
                self._watches[watch_id] = command
            case UnwatchCalls(watch_id):
                self._watches.pop(watch_id, None)

    def passed(
        self,
        message: bytes,
        *,
        sent: bool,
        transport: str,
        addresses: tuple[Address, Address],
        at_us: int,
        now_s: float,
    ) -> None:
        """Take a message that was received or is sent; ``addresses`` are ours and the far end's."""
        match = _CALL_ID.search(message)
        if not match:
            return
        sip_call_id = match[1].decode("utf-8", "surrogateescape")
        leg_id = self._leg_of(sip_call_id)
        watches: tuple[str, ...] = ()
        if not self._is_followed(sip_call_id, leg_id):
            watches = self._watched_by(sip_call_id, message, addresses[1][0], now_s)
            if not watches:
                return
        if self._backlog() > _MAX_BACKLOG or not self._limit.admits(_EVERYTHING, now_s):
            self._dropped += 1
            self._counters["sip_edge_trace_dropped"] += 1
            return
        dropped, self._dropped = self._dropped, 0
        (local_host, local_port), (remote_host, remote_port) = addresses
        self._report(
            MessageTraced(
                sip_call_id=match[1].decode("utf-8", "replace"),
                leg_id=leg_id,
                watches=watches,
                at_us=at_us,
                sent=sent,
                transport=transport,
                local_host=local_host,
                local_port=local_port,
                remote_host=remote_host,
                remote_port=remote_port,
                data=masked(message)[:MAX_MESSAGE_BYTES],
                length=len(message),
                dropped=dropped,
            )
        )

    def _is_followed(self, sip_call_id: str, leg_id: str) -> bool:
        return leg_id in self._followed or any(sip_call_id in each for each in self._followed.values())

    def _watched_by(
        self, sip_call_id: str, message: bytes, remote_host: str, now_s: float
    ) -> tuple[str, ...]:
        """Return the watches whose next call this may be."""
        if (candidate := self._candidates.get(sip_call_id)) and now_s - candidate.since_s < _CANDIDATE_S:
            return tuple(each for each in candidate.watches if each in self._watches)
        self._candidates.pop(sip_call_id, None)
        if not self._watches or not _INVITE.match(message):
            return ()
        watches = self._matching(message, remote_host)
        if watches:
            self._candidates[sip_call_id] = _Candidate(now_s, watches)
            if len(self._candidates) > _MAX_CANDIDATES:
                self._candidates.popitem(last=False)
        return watches

    def _matching(self, message: bytes, remote_host: str) -> tuple[str, ...]:
        try:
            invite = parse(message)
        except Unparseable:
            return ()
        if not isinstance(invite, Request) or "tag=" in invite.headers.first("to"):
            return ()
        numbers = _numbers(invite)
        return tuple(
            each.watch_id
            for each in self._watches.values()
            if (not each.number or _number(each.number) in numbers)
            and (not each.peer or _same_host(each.peer, remote_host))
        )


def _numbers(invite: Request) -> set[str]:
    """Return the caller and the called party, as far as the INVITE names them."""
    addresses = [invite.uri, *(invite.headers.first(name) for name in ("from", "to", "p-asserted-identity"))]
    return {_number(match[1]) for each in addresses if (match := _USER.search(each))}


def _number(text: str) -> str:
    """Return a number as it is compared: digits without ``+`` and separators, anything else in lower case."""
    digits = re.sub(r"[ ().-]", "", text).removeprefix("+")
    return digits if digits.isdecimal() else text.lower()


def _same_host(wanted: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(wanted) == ipaddress.ip_address(host)
    except ValueError:
        return False
