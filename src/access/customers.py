"""CustomerService: tenants (api.md section 10)."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from mixminus.access.errors import CustomerNotFound, NotPermitted
from mixminus.access.tokens import new_secret
from mixminus.clock import Clock
from mixminus.machine import step
from mixminus.model.access import (
    CUSTOMER_TRANSITIONS,
    Customer,
    CustomerEvent,
    CustomerSpec,
    CustomerStatus,
    Identity,
)
from mixminus.model.ids import CustomerId, new_id
from mixminus.model.permissions import Permission
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page

__all__ = ["CustomerService", "open_customer"]


async def open_customer(tx: Transaction, spec: CustomerSpec, now: datetime) -> Customer:
    """Insert a customer with a webhook secret of its own, and open its event stream."""
    customer = Customer(
        id=CustomerId(new_id()),
        **asdict(spec),
        status=CustomerStatus.ACTIVE,
        webhook_secret=new_secret(),
        tm_create=now,
    )
    await tx.customers.add(customer)
    await tx.outbox.open(customer.id)
    return customer


class CustomerService:
    """Gets, lists and updates customers; all but the super admin see only their own."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` after a customer was frozen or recovered; it must not block."""
        self._watchers.append(on_change)

    async def get(self, identity: Identity, customer_id: CustomerId) -> Customer:
        if not _is_super(identity) and customer_id != identity.customer_id:
            raise CustomerNotFound(f"no customer {customer_id}")
        async with self._store.snapshot() as tx:
            customer = await tx.customers.find(customer_id)
        return _existing(customer, customer_id)

    async def get_as_super(self, identity: Identity, customer_id: CustomerId) -> Customer:
        """Return any customer to the super admin; raise NotPermitted for others, CustomerNotFound for others' ids."""
        customer = await self.get(identity, customer_id)
        _require_super(identity)
        return customer

    async def list(self, identity: Identity, page: Page) -> list[Customer]:
        """Return the identity's customer; for the super admin all customers, newest first."""
        if _is_super(identity):
            async with self._store.snapshot() as tx:
                return await tx.customers.page_of_all(page)
        own = await self.get(identity, identity.customer_id)
        return [own] if own.tm_create < page.before else []

    async def create(self, identity: Identity, spec: CustomerSpec) -> Customer:
        _require_super(identity)
        async with self._store.transaction() as tx:
            return await open_customer(tx, spec, self._clock.now())

    async def update(self, customer_id: CustomerId, spec: CustomerSpec) -> Customer:
        """Replace a customer's profile."""
        async with self._store.transaction() as tx:
            customer = _existing(await tx.customers.find_for_update(customer_id), customer_id)
            changed = replace(customer, **asdict(spec), tm_update=self._clock.now())
            await tx.customers.save(changed)
        return changed

    async def set_metadata(self, customer_id: CustomerId, metadata: dict[str, Any]) -> Customer:
        """Replace a customer's metadata."""
        async with self._store.transaction() as tx:
            customer = _existing(await tx.customers.find_for_update(customer_id), customer_id)
            changed = replace(customer, metadata=metadata, tm_update=self._clock.now())
            await tx.customers.save(changed)
        return changed

    async def fire(self, identity: Identity, customer_id: CustomerId, event: CustomerEvent) -> Customer:
        """Freeze or recover a customer: its active calls continue, new ones from and to it are refused while it is frozen."""
        _require_super(identity)
        async with self._store.transaction() as tx:
            customer = _existing(await tx.customers.find_for_update(customer_id), customer_id)
            status = step(CUSTOMER_TRANSITIONS, customer.status, event)
            changed = replace(customer, status=status, tm_update=self._clock.now())
            await tx.customers.save(changed)
        for on_change in self._watchers:
            on_change()
        return changed


def _is_super(identity: Identity) -> bool:
    return bool(identity.permission & Permission.PROJECT_SUPER_ADMIN)


def _require_super(identity: Identity) -> None:
    if not _is_super(identity):
        raise NotPermitted("only the super admin may do this")


def _existing(customer: Customer | None, customer_id: CustomerId) -> Customer:
    if customer is None:
        raise CustomerNotFound(f"no customer {customer_id}")
    return customer
