"""Probes: OPTIONS to the servers of trunks, which show whether they can take calls (RFC 3261 section 11). Pure.

A server is up at its first response, and down after two requests in a row without one; once down, it must respond
twice. 408 and 503 count as no response: a proxy sends the first for a server behind it, the second asks for no calls.
"""

import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Final

from mixminus.sip.edge.addressing import NO_WORKER, Identity, ToPhone, ToServer
from mixminus.sip.edge.message import Headers, Request, Response
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import ProbeServers, ServerProbed

__all__ = ["Probes"]

_TIMEOUT_S: Final = 4.0
_RETRANSMISSIONS_S: Final = (0.5, 1.5)
"""After the request, over UDP (RFC 3261 section 17.1.2.2)."""
_FINAL: Final = 200
_UNAVAILABLE: Final = frozenset({408, 503})
_CONTRADICTIONS: Final = 2
"""Results in a row that change a known state."""
_SOON_S: Final = 5.0
"""The longest pause after a result that contradicts the state, and while a server is down."""
_TOKEN_BYTES: Final = 8


@dataclass(slots=True)
class _Server:
    command: ProbeServers
    flow: Flow
    call_id: str
    due_at_s: float
    sequence_number: int = 0
    branch: str = ""
    """Of the request in progress; empty between probes."""
    sent_at_s: float = 0.0
    message: bytes = b""
    retransmitted: int = 0
    up: bool | None = None
    contradictions: int = 0
    """Results in a row that contradict ``up``."""

    def observe(self, *, answered: bool) -> bool:
        """Take a result; return whether the state has changed."""
        if self.up is answered:
            self.contradictions = 0
            return False
        self.contradictions += 1
        needed = 1 if self.up is None and answered else _CONTRADICTIONS
        if self.contradictions < needed:
            return False
        self.up, self.contradictions = answered, 0
        return True


class Probes:
    """The servers that are probed, by trunk."""

    def __init__(self, identity: Identity, counters: Counter[str]) -> None:
        self._identity = identity
        self._counters = counters
        self._servers: dict[str, list[_Server]] = {}
        self._by_branch: dict[str, _Server] = {}
        self._outbox: list[ToPhone | ToServer] = []

    def take_outbox(self) -> list[ToPhone | ToServer]:
        """Return and clear what is to be sent."""
        outbox, self._outbox = self._outbox, []
        return outbox

    def start(self, command: ProbeServers, now_s: float) -> None:
        """Probe a trunk's servers from now on; what is known of those that stay is kept."""
        known = {each.flow: each for each in self._servers.get(command.trunk_id, ())}
        self.stop(command.trunk_id)
        servers = []
        for flow in command.flows:
            server = known.get(flow) or _Server(command, flow, secrets.token_hex(_TOKEN_BYTES), now_s)
            server.command, server.branch, server.due_at_s = command, "", now_s
            servers.append(server)
        self._servers[command.trunk_id] = servers

    def stop(self, trunk_id: str) -> None:
        """Probe a trunk's servers no more; nothing if they are not probed."""
        for server in self._servers.pop(trunk_id, ()):
            self._by_branch.pop(server.branch, None)

    def on_response(self, branch: str, response: Response, now_s: float) -> bool:
        """Take a response; return whether it answers one of the probes."""
        server = self._by_branch.get(branch)
        if server is None:
            return False
        if response.status_code >= _FINAL:
            answer = f"{response.status_code} {response.phrase}"
            self._conclude(server, answer, now_s, answered=response.status_code not in _UNAVAILABLE)
        return True

    def poll(self, now_s: float) -> None:
        """Send, repeat and time out what is due."""
        for server in [each for servers in self._servers.values() for each in servers]:
            if not server.branch:
                if now_s >= server.due_at_s:
                    self._send(server, now_s)
                continue
            waited_s = now_s - server.sent_at_s
            if waited_s >= _TIMEOUT_S:
                self._conclude(server, "no response", now_s, answered=False)
            elif (
                server.flow.transport == "UDP"
                and server.retransmitted < len(_RETRANSMISSIONS_S)
                and waited_s >= _RETRANSMISSIONS_S[server.retransmitted]
            ):
                server.retransmitted += 1
                self._outbox.append(ToPhone(server.flow, server.message))

    def _conclude(self, server: _Server, answer: str, now_s: float, *, answered: bool) -> None:
        """End a probe with its result, and report a state that has changed."""
        self._by_branch.pop(server.branch, None)
        server.branch = ""
        self._counters["sip_edge_probes_unanswered"] += not answered
        changed = server.observe(answered=answered)
        soon = not server.up or server.contradictions
        pause_s = server.command.interval_s
        server.due_at_s = now_s + (min(_SOON_S, pause_s) if soon else pause_s)
        if changed:
            self._counters["sip_edge_servers_up" if answered else "sip_edge_servers_down"] += 1
            report = ServerProbed(server.command.trunk_id, server.flow, up=answered, detail=answer)
            self._outbox.append(ToServer(report))

    def _send(self, server: _Server, now_s: float) -> None:
        server.sequence_number += 1
        seed = f"{server.call_id} {server.sequence_number}"
        server.branch = self._identity.branch(NO_WORKER, seed)
        command = server.command
        sender = command.from_uri or f"sip:mixminus@{self._identity.authority(server.flow)}"
        headers = Headers(
            [
                ("via", self._identity.public_via(server.flow, NO_WORKER, seed)),
                ("max-forwards", "70"),
                ("from", f"<{sender}>;tag={server.call_id}"),
                ("to", f"<{command.uri}>"),
                ("call-id", server.call_id),
                ("cseq", f"{server.sequence_number} OPTIONS"),
                ("accept", "application/sdp"),
                ("user-agent", "mixminus"),
            ]
        )
        if command.route:
            headers.push("route", f"<{command.route}>")
        server.message = Request("OPTIONS", command.uri, headers).render()
        server.sent_at_s, server.retransmitted = now_s, 0
        self._by_branch[server.branch] = server
        self._counters["sip_edge_probes_sent"] += 1
        self._outbox.append(ToPhone(server.flow, server.message))
