"""TrunkService: SIP trunks to other exchanges, for incoming and outgoing calls."""

from collections.abc import Callable
from dataclasses import asdict, replace

from mixminus.clock import Clock
from mixminus.directory.errors import PasswordNeeded, ResourceDeleted, TrunkNotFound, TrunkTaken
from mixminus.directory.ledger import TRUNKS
from mixminus.errors import AlreadyExists
from mixminus.model.directory import Trunk, TrunkSpec
from mixminus.model.ids import CustomerId, TrunkId, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["TrunkService"]


class TrunkService:
    """Creates, lists, updates and deletes trunks; another customer's trunk is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` after every change of a trunk's credentials; it must not block."""
        self._watchers.append(on_change)

    async def get(self, customer_id: CustomerId, trunk_id: TrunkId) -> Trunk:
        async with self._store.snapshot() as tx:
            trunk = await tx.trunks.find(trunk_id)
        return owned(trunk, customer_id, TrunkNotFound(f"no trunk {trunk_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Trunk]:
        """Return undeleted trunks, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.trunks.page(customer_id, page)

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
        async with self._store.transaction() as tx:
            try:
                await TRUNKS.add(tx, trunk, "trunk_created")
            except AlreadyExists as exc:
                raise TrunkTaken("this domain name is in use") from exc
        self._notify()
        return trunk

    async def update(self, customer_id: CustomerId, trunk_id: TrunkId, spec: TrunkSpec) -> Trunk:
        """Replace everything except the domain name."""
        _check(spec)
        async with self._store.transaction() as tx:
            before = await TRUNKS.find_for_update(tx, trunk_id, customer_id)
            if before.tm_delete is not None:
                raise ResourceDeleted(f"trunk {trunk_id} is deleted")
            after = replace(before, **asdict(spec) | {"domain_name": before.domain_name})
            if after == before:
                return before
            after = replace(after, tm_update=self._clock.now())
            await TRUNKS.save(tx, after, "trunk_updated")
        self._notify()
        return after

    async def delete(self, customer_id: CustomerId, trunk_id: TrunkId) -> Trunk:
        """Delete a trunk; no change if it is deleted."""
        async with self._store.transaction() as tx:
            trunk = await TRUNKS.find_for_update(tx, trunk_id, customer_id)
            if trunk.tm_delete is None:
                now = self._clock.now()
                trunk = replace(trunk, tm_update=now, tm_delete=now)
                await TRUNKS.save(tx, trunk, "trunk_deleted")
        self._notify()
        return trunk

    def _notify(self) -> None:
        for on_change in self._watchers:
            on_change()


def _check(spec: TrunkSpec) -> None:
    if "basic" in spec.auth_types and not (spec.username and spec.password):
        raise PasswordNeeded("auth_types has basic: username and password must be given")
