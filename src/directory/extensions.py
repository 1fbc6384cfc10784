"""ExtensionService: extensions, the SIP accounts of phones (api.md section 13.4)."""

from collections.abc import Callable
from dataclasses import asdict, replace

from mixminus.clock import Clock
from mixminus.directory.errors import ExtensionNotFound, ExtensionTaken, ResourceDeleted
from mixminus.directory.ledger import EXTENSIONS
from mixminus.errors import AlreadyExists
from mixminus.model.directory import Extension, ExtensionProfile, ExtensionSpec
from mixminus.model.ids import CustomerId, ExtensionId, new_direct_hash, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page

__all__ = ["ExtensionService"]


class ExtensionService:
    """Creates, lists, updates and deletes extensions; another customer's extension is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call ``on_change`` after every change of an extension's credentials; it must not block."""
        self._watchers.append(on_change)

    async def get(self, customer_id: CustomerId, extension_id: ExtensionId) -> Extension:
        async with self._store.snapshot() as tx:
            extension = await tx.extensions.find(extension_id)
        return owned(extension, customer_id, ExtensionNotFound(f"no extension {extension_id}"))

    async def list(self, customer_id: CustomerId, page: Page) -> list[Extension]:
        """Return undeleted extensions, newest first."""
        async with self._store.snapshot() as tx:
            return await tx.extensions.page(customer_id, page)

    async def create(self, customer_id: CustomerId, spec: ExtensionSpec) -> Extension:
        """Create an extension; ExtensionTaken if the customer has one of this name."""
        extension = Extension(
            id=ExtensionId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            direct_hash=new_direct_hash(),
            tm_create=self._clock.now(),
        )
        async with self._store.transaction() as tx:
            try:
                await EXTENSIONS.add(tx, extension, "extension_created")
            except AlreadyExists as exc:
                raise ExtensionTaken("this extension exists") from exc
        self._notify()
        return extension

    async def update(
        self, customer_id: CustomerId, extension_id: ExtensionId, profile: ExtensionProfile
    ) -> Extension:
        """Replace the profile; a new password removes the bindings of its phones, which must register again."""
        return await self._change(
            customer_id,
            extension_id,
            lambda each: replace(
                each, name=profile.name, detail=profile.detail, password=profile.password or each.password
            ),
        )

    async def regenerate_direct_hash(self, customer_id: CustomerId, extension_id: ExtensionId) -> Extension:
        """Regenerate the direct hash; the previous one stops working."""
        return await self._change(
            customer_id, extension_id, lambda each: replace(each, direct_hash=new_direct_hash())
        )

    async def delete(self, customer_id: CustomerId, extension_id: ExtensionId) -> Extension:
        """Delete an extension and the bindings of its phones; no change if it is deleted."""
        async with self._store.transaction() as tx:
            extension = await EXTENSIONS.find_for_update(tx, extension_id, customer_id)
            if extension.tm_delete is None:
                now = self._clock.now()
                extension = replace(extension, tm_update=now, tm_delete=now)
                await EXTENSIONS.save(tx, extension, "extension_deleted")
                await tx.bindings.replace(extension_id, ())
        self._notify()
        return extension

    async def _change(
        self, customer_id: CustomerId, extension_id: ExtensionId, change: Callable[[Extension], Extension]
    ) -> Extension:
        async with self._store.transaction() as tx:
            before = await EXTENSIONS.find_for_update(tx, extension_id, customer_id)
            if before.tm_delete is not None:
                raise ResourceDeleted(f"extension {extension_id} is deleted")
            after = change(before)
            if after == before:
                return before
            after = replace(after, tm_update=self._clock.now())
            await EXTENSIONS.save(tx, after, "extension_updated")
            if after.password != before.password:
                await tx.bindings.replace(extension_id, ())
        self._notify()
        return after

    def _notify(self) -> None:
        for on_change in self._watchers:
            on_change()
