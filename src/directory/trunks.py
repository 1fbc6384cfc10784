"""TrunkService: SIP trunks to other exchanges, for incoming and outgoing calls."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from mixminus.clock import Clock
from mixminus.directory.errors import PasswordNeeded, ProviderNeeded, TrunkTaken
from mixminus.directory.ledger import TRUNKS
from mixminus.directory.resource_service import ResourceService
from mixminus.model.directory import RegistrationStatus, Trunk, TrunkSpec
from mixminus.model.ids import CustomerId, TrunkId, new_id
from mixminus.store.database import Store

__all__ = ["TrunkService"]

_PUBLISHED: Final = frozenset({"registered", "failed"})


class TrunkService(ResourceService[Trunk]):
    """Creates, lists, updates and deletes trunks; another customer's trunk is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, kind="trunk", rows=lambda tx: tx.trunks, published=TRUNKS)

    async def trunk_for(self, customer_id: CustomerId) -> Trunk | None:
        """Return the customer's outgoing trunk: the oldest with an outbound host; None if there is none."""
        async with self._store.snapshot() as tx:
            return await tx.trunks.outgoing(customer_id)

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

    async def create(self, customer_id: CustomerId, spec: TrunkSpec) -> Trunk:
        """Create a trunk; TrunkTaken if any customer has this domain name."""
        _check(spec)
        trunk = Trunk(
            id=TrunkId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            registration="registering" if spec.outbound_register else "",
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
    return replace(
        after, registration="registering" if spec.outbound_register else "", registration_detail=""
    )


def _check(spec: TrunkSpec) -> None:
    if spec.outbound_register and not (spec.outbound_host and spec.username and spec.password):
        raise ProviderNeeded("outbound_register is true: outbound_host, username and password must be given")
    if "basic" in spec.auth_types and not (spec.username and spec.password):
        raise PasswordNeeded("auth_types has basic: username and password must be given")
