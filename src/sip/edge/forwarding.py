"""Messages for workers: made of what ``rewriting.py`` allows, with a Via of ours, and session descriptions in an envelope."""

from collections import Counter
from typing import Final

from mixminus.sip.edge.addressing import Identity, ToWorker, branch_of, next_hop
from mixminus.sip.edge.aliases import Alias, request_to_worker, response_to_worker
from mixminus.sip.edge.calls import Worker
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.edge.rewriting import request_headers, request_uri, response_headers
from mixminus.sip.edge.signalled_headers import add_signalled, signalled_headers
from mixminus.sip.grammar import Unreadable, Via
from mixminus.sip.internal_headers import CALLER_HEADER, REPLACES_HEADER, RESUMED_HEADER, CallerHeader, Flow
from mixminus.sip.sdp.envelope import fold
from mixminus.sip.tags import with_a_tag

__all__ = ["MAX_INNER_BYTES", "Forwarder", "goes_by_source", "may_open_dialog"]

# PJSIP_MAX_PKT_LEN is 4000 in the wheel, and longer messages are truncated silently.
MAX_INNER_BYTES: Final = 3900
_DEFAULT_MAX_FORWARDS: Final = 70
_MAX_REASON: Final = 64
_WITH_SDP: Final = frozenset({"INVITE", "UPDATE", "ACK"})


class Forwarder:
    """Writes the inner message for a request or a response of a phone; None if it is too large."""

    def __init__(self, identity: Identity, counters: Counter[str]) -> None:
        self._identity = identity
        self._counters = counters

    def invite(
        self, request: Request, flow: Flow, worker: Worker, caller: CallerHeader, *, replaces: str = ""
    ) -> ToWorker | None:
        """Forward the first INVITE of a call, which may replace another; raise Unreadable if it cannot be read."""
        headers = request_headers("INVITE", request.headers)
        if caller.host:
            headers.add(CALLER_HEADER, caller.render())
        if replaces:
            headers.add(REPLACES_HEADER, replaces)
        direct = goes_by_source(request.headers, flow, trusted=bool(caller.account_id))
        headers.push("record-route", self._identity.inner_route(flow, direct=direct))
        forwarded = self._request(request, headers, flow, worker)
        if forwarded and (signalled := signalled_headers(request.headers, self._counters)):
            message = add_signalled(forwarded.message, signalled, MAX_INNER_BYTES, self._counters)
            return ToWorker(worker.sip_port, message)
        return forwarded

    def resumption(
        self, invite: Request, flow: Flow, worker: Worker, leg_id: str, *, direct: bool
    ) -> ToWorker | None:
        """Write the INVITE by which a worker continues a call of another one; raise Unreadable if it cannot be read."""
        headers = request_headers("INVITE", invite.headers)
        headers.add(RESUMED_HEADER, leg_id)
        headers.push("record-route", self._identity.inner_route(flow, direct=direct))
        return self._request(invite, headers, flow, worker)

    def request(
        self, request: Request, flow: Flow, worker: Worker, alias: Alias | None = None
    ) -> ToWorker | None:
        """Forward a request within a dialog, which the worker may know by an alias; None, too, if it cannot be read."""
        try:
            headers = request_headers(request.method, request.headers)
            headers.remove(("record-route",))
            if alias:
                request_to_worker(headers, alias)
            return self._request(request, headers, flow, worker)
        except Unreadable:
            self._counters["sip_edge_malformed"] += 1
            return None

    def response(
        self, response: Response, source: Flow, worker: Worker, alias: Alias | None = None
    ) -> ToWorker | None:
        """Forward a response without the edge's own Via; raise Unreadable if it cannot be read."""
        headers = response_headers(response.headers)
        if response.has_to_tag:
            headers.set("to", with_a_tag(headers.first("to")))
        if alias:
            response_to_worker(headers, alias)
        for via in reversed(response.headers.values("via")):
            headers.push("via", via)
        if may_open_dialog(response):
            # The worker reverses the list: the last entry is its first hop (RFC 3261 section 12.1.2).
            direct = not headers.values("record-route")
            headers.add("record-route", self._identity.inner_route(source, direct=direct))
        reason = "".join(each for each in response.reason if " " <= each <= "~")[:_MAX_REASON]
        return self._send(worker, Response(response.status_code, reason, headers), response.body)

    def acknowledgement(self, request: Request, to: str, flow: Flow, worker: Worker) -> ToWorker | None:
        """Acknowledge a refusal of the worker in the phone's place (RFC 3261 section 17.1.1.3)."""
        headers = request_headers("ACK", request.headers)
        headers.set("to", to)
        headers.set("cseq", f"{request.headers.first('cseq').split()[0]} ACK")
        return self._request(Request("ACK", request.uri, request.headers), headers, flow, worker)

    def _request(self, request: Request, headers: Headers, flow: Flow, worker: Worker) -> ToWorker | None:
        headers.set("from", with_a_tag(headers.first("from")))
        hops = int(request.headers.first("max-forwards") or _DEFAULT_MAX_FORWARDS)
        headers.push("max-forwards", str(max(hops - 1, 0)))
        # The same for an INVITE, its CANCEL, the ACK to its refusal, and all retransmissions.
        via = Via.parse(request.headers.first("via"))
        seeds = (via.host, str(via.port), via.parameters.get("branch", ""), headers.first("call-id"))
        branch = branch_of(*seeds, headers.first("cseq").split()[0])
        headers.push("via", self._identity.inner_via(flow, branch))
        body = request.body if request.method in _WITH_SDP else b""
        return self._send(worker, Request(request.method, request_uri(request.uri), headers), body)

    def _send(self, worker: Worker, message: Request | Response, body: bytes) -> ToWorker | None:
        if body:
            message.headers.add("content-type", "application/sdp")
            message.body = fold(body.decode("utf-8", "replace")).encode()
        rendered = message.render()
        if len(rendered) > MAX_INNER_BYTES:
            self._counters["sip_edge_too_large"] += 1
            return None
        return ToWorker(worker.sip_port, rendered)


def goes_by_source(invite: Headers, flow: Flow, *, trusted: bool) -> bool:
    """Return whether the requests of a call go where its INVITE came from.

    A proxy on the way has left a Via; its Record-Route names where it listens. From a caller that is not
    authenticated it counts only at the address that the INVITE came from: we connect to no third party on its behalf.
    """
    if invite.count("via") == 1:
        return True
    if trusted:
        return False
    hop = next_hop(invite.values("record-route"), "") if invite.first("record-route") else None
    return not hop or hop.host != flow.host


def may_open_dialog(response: Response) -> bool:
    """Return whether a response to an INVITE makes a dialog (RFC 3261 section 12.1)."""
    method = response.headers.first("cseq").partition(" ")[2].strip()
    return method == "INVITE" and 100 < response.status_code < 300  # noqa: PLR2004 - 101 to 299
