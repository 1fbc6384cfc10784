"""The relay: requests between a phone that has registered here and another node that calls it.

    node  ── Route: <sip:PHONE~NODE.code@here;lr> ──> here ──> phone
    phone ── Route: <sip:NODE~PHONE.code@here;lr> ──> here ──> node

An edge proxy without state (RFC 3261 section 16.11, RFC 5626 section 5.3): routes name the flows, and a Via of ours carries the one
that the response goes back by. The call is the other node's; audio goes between it and the phone.
"""

import hmac
from collections import Counter
from typing import Final

from mixminus.sip.edge.addressing import Identity, ToPhone, reply_flow, stamp
from mixminus.sip.edge.dialogs import tag_of
from mixminus.sip.edge.message import Fault, Request, Response
from mixminus.sip.edge.validation import refuse, respond
from mixminus.sip.edge.verified import Sources
from mixminus.sip.grammar import NameAddress, SipUri, Unreadable, Via
from mixminus.sip.internal_headers import Flow
from mixminus.sip.relay_routes import RelayRoute

__all__ = ["Relay"]

_PARAMETER: Final = "relay"
_DEFAULT_HOPS: Final = 70
_DIGITS: Final = 3


class Relay:
    """Sends each message on, or answers that it cannot; does nothing in a server that is no node."""

    def __init__(self, identity: Identity, sources: Sources, counters: Counter[str]) -> None:
        self._identity = identity
        self._key = identity.node_key
        self._sources = sources
        self._counters = counters

    def route_of(self, request: Request) -> RelayRoute | None:
        """Return the route by which a request is to be sent on; None for one that is for this server.

        A phone knows the route to a node from its call: outside of a call it must not use it.
        """
        route = self._read(request.headers.first("route")) if self._key else None
        return route if route and (not route.leads_to_node or tag_of(request.headers, "to")) else None

    def request(self, request: Request, route: RelayRoute, source: Flow, now_s: float) -> ToPhone | None:
        """Send a request on."""
        headers = request.headers
        via = Via.parse(headers.pop("via"))
        back = reply_flow(via, source)
        headers.push("via", stamp(via, source).render())
        hops = _hops(headers.first("max-forwards"))
        if hops == 0:
            fault = Fault(483, "Too Many Hops")
            return None if request.method == "ACK" else ToPhone(back, refuse(request, fault).render())
        headers.set("max-forwards", str(hops - 1))
        own = headers.first("route")
        while self._read(headers.first("route")):
            headers.pop("route")
        if request.method == "INVITE" and not tag_of(headers, "to"):
            headers.push("record-route", own)
            headers.push("record-route", self._record(route))
        headers.push("via", self._via(via, route.to, back))
        # A node has made the route: it leads to a phone that has registered here, or to a node.
        self._sources.verify(route.to.host, now_s)
        self._counters["sip_edge_relayed"] += 1
        return ToPhone(route.to, request.render())

    def response(self, response: Response) -> ToPhone | None:
        """Send a response back; None for one that answers no relayed request."""
        vias = response.headers.values("via")
        if not self._key or len(vias) < 2:  # noqa: PLR2004 - ours, and that of the request's sender
            return None
        ours, received = map(Via.parse, vias[:2])
        token = ours.parameters.get(_PARAMETER, "")
        if not (token and self._identity.is_public(ours)):
            return None
        if not hmac.compare_digest(
            self._branch(received, token).encode(),
            ours.parameters.get("branch", "").encode("utf-8", "replace"),
        ):
            return None
        response.headers.pop("via")
        return ToPhone(Flow.from_token(token), response.render())

    def undelivered(self, request: Request) -> ToPhone | None:
        """Answer a relayed request whose flow is gone (RFC 5626 section 5.3.1); None for any other."""
        refusal = self.response(respond(request, 430, "Flow Failed"))
        self._counters["sip_edge_relay_failed"] += refusal is not None
        return refusal

    def _record(self, route: RelayRoute) -> str:
        """Return the Record-Route by which the phone's requests come here."""
        name = "ws" if route.to.transport == "WSS" else route.to.transport.lower()
        transport = "" if route.to.transport == "UDP" else f";transport={name}"
        authority = self._identity.authority(route.to)
        return f"<sip:{route.reverse.user(self._key)}@{authority}{transport};lr>"

    def _via(self, received: Via, to: Flow, back: Flow) -> str:
        branch = self._branch(received, back.token)
        authority = self._identity.authority(to)
        return f"SIP/2.0/{to.transport} {authority};branch={branch};rport;{_PARAMETER}={back.token}"

    def _branch(self, received: Via, token: str) -> str:
        """Return the branch of our Via: the same for an INVITE, its CANCEL, and its repetitions."""
        seed = f"{received.host}:{received.port} {received.parameters.get('branch', '')}"
        return self._identity.branch(f"{_PARAMETER} {token}", seed)

    def _read(self, route: str) -> RelayRoute | None:
        try:
            return RelayRoute.read(SipUri.parse(NameAddress.parse(route).uri).user, self._key)
        except Unreadable:
            return None


def _hops(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else _DEFAULT_HOPS
