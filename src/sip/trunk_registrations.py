"""TrunkRegistrations: the trunks that register with their provider, kept registered by the edge.

The directory says which; the edge does the SIP (``edge/registrant.py``). An edge that was started again gets all
of them, so a registration outlives it. Of several nodes one registers, the leader: many providers keep one registration.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from mixminus import log
from mixminus.directory.trunks import TrunkService
from mixminus.errors import MixMinusError
from mixminus.model.directory import Trunk
from mixminus.model.ids import TrunkId
from mixminus.sip.locating import Locator
from mixminus.sip.messages import Message, Register, TrunkRegistered, Unregister
from mixminus.sip.trunk_uris import address_of, next_hop_of, route_of, server_of
from mixminus.tasks import TaskScope

__all__ = ["TrunkRegistrations", "contact_user_of"]

_ACCEPTED: Final = 200
# While the provider's name has no address, or the database is away.
_RETRY_S: Final = 30.0
_CONTACT_BYTES: Final = 12

_log = log.get("sip.trunk_registrations")


class TrunkRegistrations:
    """Sends the edge what to register, and writes to the directory what came of it."""

    def __init__(self, trunks: TrunkService, locator: Locator, send: Callable[[Message], None]) -> None:
        self._locator = locator
        self._trunks = trunks
        self._send = send
        self._registered: dict[str, Register] = {}
        self._changed = asyncio.Event()
        self._tasks = TaskScope(log.task_failed("sip.trunk_registrations"))
        trunks.watch(self._changed.set)

    def on_edge_opened(self) -> None:
        """Register everything anew: the edge has just been started."""
        self._registered.clear()
        self._changed.set()
        if not len(self._tasks):
            self._tasks.keep("follow the trunks", self._follow)

    def on_report(self, report: TrunkRegistered) -> None:
        """Write what the provider has answered."""
        self._tasks.spawn("trunk registered", self._write(report))

    async def close(self) -> None:
        """Remove every registration; the edge sends what that takes while it drains."""
        await self._tasks.close()
        for trunk_id in self._registered:
            self._send(Unregister(trunk_id))
        self._registered.clear()

    async def _follow(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._update()
            except MixMinusError as error:
                _log.warning("trunks not registered", reason=error.reason, retry_in_s=_RETRY_S)
                asyncio.get_running_loop().call_later(_RETRY_S, self._changed.set)

    async def _update(self) -> None:
        """Register what is new or has changed, and remove what no longer registers."""
        registering = await self._trunks.registering() if self._trunks.are_kept_here else ()
        trunks = {str(trunk.id): trunk for trunk in registering}
        for trunk_id in self._registered.keys() - trunks.keys():
            del self._registered[trunk_id]
            self._send(Unregister(trunk_id))
        unresolved: MixMinusError | None = None
        for trunk_id, trunk in trunks.items():
            try:
                command = await self._command(trunk)
            except MixMinusError as error:
                unresolved = error
                await self._trunks.set_registration(trunk.id, "failed", str(error))
                continue
            before = self._registered.get(trunk_id)
            # The order of a provider's servers is drawn anew each time.
            if before is None or replace(before, flows=command.flows) != command:
                self._registered[trunk_id] = command
                self._send(command)
        if unresolved:
            raise unresolved

    async def _write(self, report: TrunkRegistered) -> None:
        if report.trunk_id not in self._registered:
            return
        accepted = report.status_code == _ACCEPTED
        detail = "" if accepted else f"{report.status_code} {report.reason}"
        trunk_id = TrunkId(UUID(report.trunk_id))
        await self._trunks.set_registration(trunk_id, "registered" if accepted else "failed", detail)
        if not accepted:
            _log.warning("trunk not registered", trunk_id=report.trunk_id, answer=detail)

    async def _command(self, trunk: Trunk) -> Register:
        return Register(
            trunk_id=str(trunk.id),
            flows=tuple(await self._locator.locate(next_hop_of(trunk))),
            registrar=server_of(trunk),
            address=address_of(trunk),
            route=route_of(trunk),
            username=trunk.username,
            password=trunk.password,
            contact_user=contact_user_of(trunk),
        )


def contact_user_of(trunk: Trunk) -> str:
    """Return the user of a trunk's Contact: the same after a restart, and known only to the provider and the server."""
    key = hashlib.sha256(trunk.password.encode()).digest()
    return hashlib.blake2b(trunk.id.bytes, digest_size=_CONTACT_BYTES, key=key).hexdigest()
