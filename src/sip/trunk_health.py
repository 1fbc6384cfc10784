"""TrunkHealth: the trunks whose servers are probed with OPTIONS, by the edge (``edge/probes.py``).

The directory says which; calls leave out the servers that are down (``locating.py``). Names are resolved again each
minute, so a server that DNS no longer has is forgotten. Of several nodes one probes, the leader; the others take from the
directory which servers are down.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.directory.trunks import TrunkService
from mixminus.errors import MixMinusError
from mixminus.hosts import bracketed, host_of
from mixminus.model.directory import Trunk, TrunkServer
from mixminus.model.ids import TrunkId
from mixminus.sip.internal_headers import Flow, FlowTransport
from mixminus.sip.locating import Locator
from mixminus.sip.messages import Message, ProbeServers, ServerProbed, StopProbes
from mixminus.sip.trunk_uris import next_hop_of, route_of, server_of
from mixminus.tasks import TaskScope

__all__ = ["TrunkHealth"]

_RESOLVE_S: Final = 60.0
# While the database is away.
_RETRY_S: Final = 5.0
_TRANSPORTS: Final[dict[str, FlowTransport]] = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}

_log = log.get("sip.trunk_health")


@dataclass(slots=True)
class _Probed:
    command: ProbeServers
    servers: dict[Flow, TrunkServer] = field(default_factory=dict)
    """Those of which something is known."""

    def follow(self, command: ProbeServers) -> None:
        """Take a new command; forget the servers that it does not have."""
        self.command = command
        self.servers = {flow: each for flow, each in self.servers.items() if flow in command.flows}


class TrunkHealth:
    """Sends the edge what to probe, keeps which servers are down, and writes it to the directory."""

    def __init__(self, trunks: TrunkService, locator: Locator, send: Callable[[Message], None]) -> None:
        self._trunks = trunks
        self._locator = locator
        self._send = send
        self._probed: dict[str, _Probed] = {}
        self._reported: tuple[Flow, ...] = ()
        """The servers that are down as the node has written that probes them."""
        self._unwritten: set[str] = set()
        self._trunks_changed = asyncio.Event()
        self._health_changed = asyncio.Event()
        self._tasks = TaskScope(log.task_failed("sip.trunk_health"))
        trunks.watch(self._trunks_changed.set)

    @property
    def servers(self) -> dict[str, int]:
        """How many servers of all trunks are in each state."""
        found = [each.status for probed in self._probed.values() for each in probed.servers.values()]
        return {"up": found.count("up"), "down": found.count("down")}

    def on_edge_opened(self) -> None:
        """Probe everything anew: the edge has just been started."""
        for probed in self._probed.values():
            self._send(probed.command)
        self._trunks_changed.set()
        if not len(self._tasks):
            self._tasks.keep("follow the trunks", self._follow)
            self._tasks.keep("write health", self._write)

    def on_report(self, report: ServerProbed) -> None:
        """Take a state of a server that has changed."""
        probed = self._probed.get(report.trunk_id)
        if probed is None or report.flow not in probed.command.flows:
            return
        server = TrunkServer(_address_of(report.flow), "up" if report.up else "down", report.detail)
        probed.servers[report.flow] = server
        if report.up:
            self._locator.answered(report.flow)
        else:
            _log.warning("server of a trunk is down", trunk_id=report.trunk_id, server=server.address)
        self._on_servers(report.trunk_id)

    async def close(self) -> None:
        """Stop following the trunks; closing twice is harmless."""
        await self._tasks.close()

    def _on_servers(self, trunk_id: str) -> None:
        """Let calls follow what is known of a trunk's servers, and have it written."""
        self._set_down()
        self._unwritten.add(trunk_id)
        self._health_changed.set()

    def _set_down(self) -> None:
        probed = (each for trunk in self._probed.values() for each in trunk.servers.items())
        self._locator.set_down(
            [*self._reported, *(flow for flow, server in probed if server.status == "down")]
        )

    def _take(self, trunks: Sequence[Trunk]) -> None:
        """Let calls follow what another node has written."""
        down = (each.address for trunk in trunks for each in trunk.servers if each.status == "down")
        reported = tuple(map(_flow_of, down))
        if reported != self._reported:
            self._reported = reported
            self._set_down()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_RESOLVE_S):
                    await self._trunks_changed.wait()
            except TimeoutError:
                pass
            self._trunks_changed.clear()
            try:
                await self._update()
            except MixMinusError as error:
                _log.warning("trunks not probed", reason=error.reason, retry_in_s=_RESOLVE_S)

    async def _update(self) -> None:
        """Probe what is new or has changed, and stop probing the rest."""
        probed_trunks = await self._trunks.probed()
        here = self._trunks.are_kept_here
        self._take(() if here else probed_trunks)
        trunks = {str(trunk.id): trunk for trunk in (probed_trunks if here else ())}
        for trunk_id in self._probed.keys() - trunks.keys():
            del self._probed[trunk_id]
            self._send(StopProbes(trunk_id))
            self._on_servers(trunk_id)
        for trunk_id, trunk in trunks.items():
            try:
                command = await self._command(trunk)
            except MixMinusError as error:
                # What is known stays: a DNS server that is away says nothing about the trunk.
                _log.warning("servers not found", trunk_id=trunk_id, reason=error.reason)
                continue
            probed = self._probed.setdefault(trunk_id, _Probed(command))
            if probed.command is command or not _same(probed.command, command):
                probed.follow(command)
                self._send(command)
                self._on_servers(trunk_id)
            elif probed.servers and not trunk.servers:
                # The trunk was written anew, without a change of its servers.
                self._on_servers(trunk_id)

    async def _write(self) -> None:
        while True:
            await self._health_changed.wait()
            self._health_changed.clear()
            while self._unwritten:
                trunk_id = self._unwritten.pop()
                probed = self._probed.get(trunk_id)
                # Nothing is known at the start: what the previous run has written stays until then.
                if not (probed and probed.servers):
                    continue
                servers = sorted(probed.servers.values(), key=lambda each: each.address)
                try:
                    await self._trunks.set_servers(TrunkId(UUID(trunk_id)), servers)
                except MixMinusError as error:
                    _log.warning("health not written", trunk_id=trunk_id, reason=error.reason)
                    self._unwritten.add(trunk_id)
                    await asyncio.sleep(_RETRY_S)

    async def _command(self, trunk: Trunk) -> ProbeServers:
        return ProbeServers(
            trunk_id=str(trunk.id),
            uri=server_of(trunk),
            flows=tuple(await self._locator.servers(next_hop_of(trunk))),
            interval_s=float(trunk.options_interval_s),
            route=route_of(trunk),
            from_uri=f"sip:{trunk.username or 'mixminus'}@{trunk.from_domain}" if trunk.from_domain else "",
        )


def _same(one: ProbeServers, other: ProbeServers) -> bool:
    """Return whether two commands probe the same servers in the same way; the order of servers is drawn anew each time."""
    return set(one.flows) == set(other.flows) and replace(one, flows=other.flows) == other


def _flow_of(address: str) -> Flow:
    """Return the server that ``_address_of`` has written."""
    name, _, authority = address.partition(":")
    transport: FlowTransport = _TRANSPORTS[name]
    return Flow(transport, host_of(authority), int(authority.rpartition(":")[2]))


def _address_of(flow: Flow) -> str:
    return f"{flow.transport.lower()}:{bracketed(flow.host)}:{flow.port}"
