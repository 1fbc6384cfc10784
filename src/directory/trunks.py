"""TrunkService: SIP trunks to other exchanges, for incoming and outgoing calls."""

from dataclasses import asdict, replace

from mixminus.clock import Clock
from mixminus.directory.errors import PasswordNeeded, TrunkTaken
from mixminus.directory.ledger import TRUNKS
from mixminus.directory.resource_service import ResourceService
from mixminus.model.directory import Trunk, TrunkSpec
from mixminus.model.ids import CustomerId, TrunkId, new_id
from mixminus.store.database import Store

__all__ = ["TrunkService"]


class TrunkService(ResourceService[Trunk]):
    """Creates, lists, updates and deletes trunks; another customer's trunk is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, kind="trunk", rows=lambda tx: tx.trunks, published=TRUNKS)

    async def trunk_for(self, customer_id: CustomerId) -> Trunk | None:
        """Return the customer's outgoing trunk: the oldest with an outbound host; None if there is none."""
        async with self._store.snapshot() as tx:
            return await tx.trunks.outgoing(customer_id)

    async def create(self, customer_id: CustomerId, spec: TrunkSpec) -> Trunk:
        """Create a trunk; TrunkTaken if any customer has this domain name."""
        _check(spec)
        trunk = Trunk(
            id=TrunkId(new_id()), customer_id=customer_id, **asdict(spec), tm_create=self._clock.now()
        )
        return await self._add(trunk, TrunkTaken("this domain name is in use"))

    async def update(self, customer_id: CustomerId, trunk_id: TrunkId, spec: TrunkSpec) -> Trunk:
        """Replace everything except the domain name."""
        _check(spec)
        return await self._change(
            customer_id,
            trunk_id,
            lambda each: replace(each, **asdict(spec) | {"domain_name": each.domain_name}),
        )


def _check(spec: TrunkSpec) -> None:
    if "basic" in spec.auth_types and not (spec.username and spec.password):
        raise PasswordNeeded("auth_types has basic: username and password must be given")
