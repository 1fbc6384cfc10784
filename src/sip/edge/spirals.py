"""Spirals: calls that share a Call-ID, because a proxy has sent a request of one of them back to us (RFC 3261 section 16.3).

    our call          INVITE sip:2000@proxy   Call-ID: a      ->  proxy
    back at the edge  INVITE sip:1000@us      Call-ID: a      <-  proxy, which has changed the Request-URI
    to the worker     INVITE sip:1000@us      Call-ID: b

Inside, each call has a Call-ID of its own, so that tables, workers and the server keep them apart; ``inward`` puts it into
what comes from outside, ``outward`` the real one into what is sent. Inside it is a digest of Call-ID and Request-URI, the
same for each retransmission. A request that comes back with the same Request-URI is no spiral but a loop, or a merged
request (section 8.2.2.2), and is refused; unless it comes straight back, with our Via on top: then we have called an address of
our own. A call that we have redirected is not over for the proxy that follows: if the other
server does not take it, the same INVITE comes again, by another branch, and is another call for pjsip.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from mixminus.sip.edge.addressing import Action, ToPhone
from mixminus.sip.edge.call import CallState, EdgeCall
from mixminus.sip.edge.calls import CallTable
from mixminus.sip.edge.dialogs import tag_of
from mixminus.sip.edge.message import Request, Response
from mixminus.sip.grammar import SipUri, Via
from mixminus.sip.node_keys import COME_AGAIN

__all__ = ["Spirals"]

_MAX_KEPT: Final = 1024
# Longer than anything of an ended call may be sent again (``LINGER_S``).
_KEPT_S: Final = 64.0
_ID_BYTES: Final = 16
_WITHOUT_TAG: Final = frozenset({"INVITE", "CANCEL"})
_CALL_ID = re.compile(rb"^call-id:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)

_Action = TypeVar("_Action", bound=Action)


class Spirals:
    """The Call-IDs inside by those outside, and the reverse; bounded."""

    def __init__(self, calls: CallTable) -> None:
        self._calls = calls
        self._outer: OrderedDict[str, str] = OrderedDict()
        self._seen_s: dict[str, float] = {}
        """When the call of a Call-ID inside was last in the table."""

    def __len__(self) -> int:
        return len(self._outer)

    def outer_of(self, call_id: str) -> str:
        """Return the Call-ID outside of one inside; empty if it is the same."""
        return self._outer.get(call_id, "")

    def restore(self, call: EdgeCall) -> None:
        """Take a call from before a restart of the edge."""
        if call.outer_call_id:
            self._outer[call.call_id] = call.outer_call_id

    def inward(self, message: Request | Response, now_s: float, *, straight: bool = False) -> None:
        """Give a message from outside the Call-ID that its call has inside; ``straight``: no one was between us and us."""
        outer = message.headers.first("call-id")
        if (
            isinstance(message, Request)
            and message.method in _WITHOUT_TAG
            and not tag_of(message.headers, "to")
        ):
            inner = self._of_first_request(message, outer, now_s, straight=straight)
        else:
            inner = self._of_dialog(message, outer)
        if inner != outer:
            message.headers.set("call-id", inner)

    def outward(self, action: _Action) -> _Action:
        """Give a message for outside its real Call-ID again."""
        if not self._outer or not isinstance(action, ToPhone):
            return action
        found = _CALL_ID.search(action.message)
        outer = found and self._outer.get(found[1].decode("ascii", "replace"))
        if not found or not outer:
            return action
        begin, end = found.span(1)
        message = action.message[:begin] + outer.encode() + action.message[end:]
        return replace(action, message=message)

    def all_outward(self, actions: Iterable[_Action]) -> list[_Action]:
        return [self.outward(action) for action in actions]

    def is_loop(self, request: Request, *, straight: bool) -> bool:
        """Return whether a request that has passed here has come back unchanged by way of others, or is of no call of ours.

        Within a dialog there is no loop: a request of ours that comes back to us ends here.
        """
        if tag_of(request.headers, "to") or request.method == "CANCEL":
            return False
        call_id = request.headers.first("call-id")
        call = self._calls.find(self.outer_of(call_id) or call_id)
        if request.method != "INVITE" or call is None or not call.outgoing:
            return True
        return not straight and _target(call.invite.uri) == _target(request.uri)

    def expire(self, now_s: float) -> None:
        """Forget the Call-IDs of calls that ended long ago."""
        for inner in list(self._outer):
            if self._calls.find(inner):
                self._seen_s[inner] = now_s
            elif now_s - self._seen_s.setdefault(inner, now_s) > _KEPT_S:
                del self._outer[inner], self._seen_s[inner]

    def _of_first_request(self, request: Request, outer: str, now_s: float, *, straight: bool) -> str:
        call = self._calls.find(outer)
        if call is None and not self._outer:
            return outer
        again = call is not None and call.redirected
        if again and call and _branch(call.invite) == _branch(request):
            return outer
        inner = _inner_of(outer, request.uri)
        for each in (inner, inner + COME_AGAIN):
            if each in self._outer:
                return each
        if request.method != "INVITE" or call is None or len(self._outer) >= _MAX_KEPT:
            return outer
        if again:
            inner += COME_AGAIN
        elif call.state is CallState.RELEASED or (
            _target(call.invite.uri) == _target(request.uri) and not (straight and call.outgoing)
        ):
            return outer
        self._outer[inner] = outer
        self._seen_s[inner] = now_s
        return inner

    def _of_dialog(self, message: Request | Response, outer: str) -> str:
        """Return the call whose tags a message has: a response has our tag in From, a request in To."""
        if not self._outer:
            return outer
        ours, theirs = ("to", "from") if isinstance(message, Request) else ("from", "to")
        tags = tag_of(message.headers, ours), tag_of(message.headers, theirs)
        for inner, other in self._outer.items():
            if other == outer and (call := self._calls.find(inner)):
                dialog = call.dialog
                if (dialog.local_tag, dialog.remote_tag) == tags and tags[0]:
                    return inner
        return outer


def _inner_of(outer: str, uri: str) -> str:
    text = f"{outer}\0{_target(uri)}".encode("utf-8", "surrogateescape")
    return f"{hashlib.blake2b(text, digest_size=_ID_BYTES).hexdigest()}@spiral"


def _branch(request: Request) -> str:
    return Via.parse(request.headers.first("via")).parameters.get("branch", "")


def _target(uri: str) -> tuple[str, str, int]:
    """Return what a Request-URI names; its parameters may change on the way."""
    parsed = SipUri.parse(uri)
    user = f"{parsed.user}:{parsed.password}" if parsed.password else parsed.user
    return user, parsed.host.lower(), parsed.port
