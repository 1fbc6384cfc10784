"""RegistrationService: contact bindings of extensions, kept across restarts."""

from dataclasses import replace
from uuid import UUID

from mixminus.clock import Clock
from mixminus.directory.bindings import Registration, Rejected, rebind
from mixminus.directory.relays import Relay, RelayOf, no_relay
from mixminus.model.directory import Binding, Extension, RegisteredPhone
from mixminus.model.ids import CustomerId, ExtensionId
from mixminus.store.database import Store, Transaction
from mixminus.store.page import Page

__all__ = ["RegistrationService"]

_FORBIDDEN = 403


class RegistrationService:
    """Applies authenticated REGISTERs and finds the bindings of extensions."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._relay_of: RelayOf = no_relay

    def reach_others_by(self, relay_of: RelayOf) -> None:
        """Set how phones are reached that have registered at other nodes."""
        self._relay_of = relay_of

    async def register(self, asked: Registration) -> list[tuple[Binding, int]]:
        """Return the extension's bindings as they are now, each with the seconds it has left.

        Raise Rejected if the REGISTER is not acceptable; then nothing has changed.
        """
        async with self._store.transaction() as tx:
            extension = await tx.extensions.find_for_update(asked.extension_id)
            if extension is None or extension.tm_delete is not None:
                raise Rejected(_FORBIDDEN)
            now = self._clock.now()
            before = await tx.bindings.of(asked.extension_id, now)
            here = self._store.fence.node_id
            after = [
                each if each in before else replace(each, node_id=here) for each in rebind(before, asked, now)
            ]
            if after != before:
                await tx.bindings.replace(asked.extension_id, after)
        return [(each, round((each.tm_expire - now).total_seconds())) for each in after]

    async def phones_of(self, customer_id: CustomerId, extension: str) -> list[Binding]:
        """Return the bindings of a customer's extension, by name or id, that this node reaches; none for another customer's.

        A phone that registered at another node is reached by that node, or by the proxies that it has registered through.
        """
        async with self._store.snapshot() as tx:
            found = await _find(tx, customer_id, extension)
            bindings = await tx.bindings.of(found.id, self._clock.now()) if found else []
        return [
            each
            for each in bindings
            if each.path or self.has_flow_of(each) or self.relay_to(each) is not None
        ]

    def has_flow_of(self, binding: Binding) -> bool:
        """Return whether the phone registered at this node, so that it is reached as it came."""
        return binding.node_id == self._store.fence.node_id

    def relay_to(self, binding: Binding) -> Relay | None:
        """Return the way to a phone that registered at another node; None if that is gone, and where a proxy leads to it."""
        return None if binding.path or self.has_flow_of(binding) else self._relay_of(binding)

    async def list(
        self, customer_id: CustomerId | None, page: Page, extension_id: UUID | None = None
    ) -> list[RegisteredPhone]:
        """Return what is registered now, at any node, the newest first; None for all customers."""
        async with self._store.snapshot() as tx:
            return await tx.bindings.page(customer_id, page, self._clock.now(), extension_id)

    async def websockets_closed(self, connection: int | None = None) -> None:
        """Delete the bindings of phones that cannot be reached any more: of one WebSocket, or of all."""
        async with self._store.transaction() as tx:
            await tx.bindings.drop_websockets(connection)

    async def prune(self) -> None:
        """Delete expired bindings; called at start."""
        async with self._store.transaction() as tx:
            await tx.bindings.prune(self._clock.now())


async def _find(tx: Transaction, customer_id: CustomerId, extension: str) -> Extension | None:
    if found := await tx.extensions.find_named(extension, customer_id):
        return found
    try:
        by_id = await tx.extensions.find(ExtensionId(UUID(extension)))
    except ValueError:
        return None
    return by_id if by_id and by_id.customer_id == customer_id and by_id.tm_delete is None else None
