"""TrunkService: SIP trunks to other exchanges, for incoming and outgoing calls."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from mixminus.clock import Clock
from mixminus.directory.errors import CertificateNameNeeded, PasswordNeeded, ProviderNeeded, TrunkTaken
from mixminus.directory.ledger import TRUNKS
from mixminus.directory.resource_service import ResourceService
from mixminus.model.directory import RegistrationStatus, Trunk, TrunkHealth, TrunkServer, TrunkSpec
from mixminus.model.ids import CustomerId, TrunkId, new_id
from mixminus.store.database import Store
from mixminus.store.fence import LEADER

__all__ = ["TrunkService"]

_PUBLISHED: Final = frozenset({"registered", "failed"})


class TrunkService(ResourceService[Trunk]):
    """Creates, lists, updates and deletes trunks; another customer's trunk is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, kind="trunk", rows=lambda tx: tx.trunks, published=TRUNKS)

    async def outgoing(self, customer_id: CustomerId) -> list[Trunk]:
        """Return the customer's trunks for outgoing calls, four at most: the oldest first, those that are down last."""
        async with self._store.snapshot() as tx:
            found = await tx.trunks.outgoing(customer_id)
        return sorted(found, key=lambda trunk: trunk.health == "down")

    @property
    def are_kept_here(self) -> bool:
        """Whether this server registers with providers and probes their servers: of several nodes the leader alone does."""
        return self._store.fence.holds(LEADER)

    async def registering(self) -> list[Trunk]:
        """Return the trunks of all customers that register with their provider."""
        async with self._store.snapshot() as tx:
            return await tx.trunks.registering()

    async def set_registration(self, trunk_id: TrunkId, status: RegistrationStatus, detail: str = "") -> None:
        """Write the state of a trunk's registration and publish it; no change if the trunk no longer registers."""

        def change(trunk: Trunk, now: datetime) -> Trunk:
            if not trunk.outbound_register or trunk.tm_delete is not None:
                return trunk
            return replace(trunk, registration=status, registration_detail=detail)

        async with self._store.transaction() as tx:
            event_type = f"trunk_{status}" if status in _PUBLISHED else None
            await TRUNKS.update(tx, self._clock, trunk_id, change, event_type)

    async def probed(self) -> list[Trunk]:
        """Return the trunks of all customers whose servers are probed with OPTIONS."""
        async with self._store.snapshot() as tx:
            return await tx.trunks.probed()

    async def set_servers(self, trunk_id: TrunkId, servers: Sequence[TrunkServer]) -> None:
        """Write what probes show of a trunk's servers, and publish a change of its health; no change if it is not probed."""

        def change(trunk: Trunk, now: datetime) -> Trunk:
            if not trunk.options_interval_s or trunk.tm_delete is not None:
                return trunk
            return replace(trunk, servers=tuple(servers), health=_health_of(servers))

        def event_of(before: Trunk, after: Trunk) -> str | None:
            return f"trunk_{after.health}" if after.health not in (before.health, "unknown") else None

        async with self._store.transaction() as tx:
            await TRUNKS.update(tx, self._clock, trunk_id, change, event_of)

    async def create(self, customer_id: CustomerId, spec: TrunkSpec) -> Trunk:
        """Create a trunk; TrunkTaken if any customer has this domain name."""
        _check(spec)
        trunk = Trunk(
            id=TrunkId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            registration="registering" if spec.outbound_register else "",
            health="unknown" if spec.options_interval_s else "",
            tm_create=self._clock.now(),
        )
        return await self._add(trunk, TrunkTaken("this domain name is in use"))

    async def update(self, customer_id: CustomerId, trunk_id: TrunkId, spec: TrunkSpec) -> Trunk:
        """Replace everything except the domain name."""
        _check(spec)
        return await self._change(
            customer_id,
            trunk_id,
            lambda each: _updated(each, spec),
        )


def _updated(trunk: Trunk, spec: TrunkSpec) -> Trunk:
    after = replace(trunk, **asdict(spec) | {"domain_name": trunk.domain_name})
    if after == trunk:
        return trunk
    after = replace(
        after, registration="registering" if spec.outbound_register else "", registration_detail=""
    )
    if _probed(after) == _probed(trunk):
        return after
    return replace(after, health="unknown" if spec.options_interval_s else "", servers=())


def _probed(trunk: Trunk) -> tuple[bool, str, str, str]:
    """Return what the servers that are probed depend on."""
    on = trunk.options_interval_s > 0
    return on, trunk.outbound_host, trunk.outbound_transport, trunk.outbound_proxy


def _health_of(servers: Sequence[TrunkServer]) -> TrunkHealth:
    up = sum(each.status == "up" for each in servers)
    if not servers:
        return "unknown"
    return "up" if up == len(servers) else "degraded" if up else "down"


def _check(spec: TrunkSpec) -> None:
    if spec.outbound_register and not (spec.outbound_host and spec.username and spec.password):
        raise ProviderNeeded("outbound_register is true: outbound_host, username and password must be given")
    if "tls" in spec.auth_types and not spec.certificate_names:
        raise CertificateNameNeeded("auth_types has tls: certificate_names must be given")
    if "basic" in spec.auth_types and not (spec.username and spec.password):
        raise PasswordNeeded("auth_types has basic: username and password must be given")
