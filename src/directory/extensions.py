"""ExtensionService: extensions, the SIP accounts of phones (api.md section 13.4)."""

from dataclasses import asdict, replace

from mixminus.clock import Clock
from mixminus.directory.errors import ExtensionTaken
from mixminus.directory.ledger import EXTENSIONS
from mixminus.directory.resource_service import ResourceService
from mixminus.model.directory import Extension, ExtensionProfile, ExtensionSpec
from mixminus.model.ids import CustomerId, ExtensionId, new_direct_hash, new_id
from mixminus.store.database import Store, Transaction

__all__ = ["ExtensionService"]


class ExtensionService(ResourceService[Extension]):
    """Creates, lists, updates and deletes extensions; another customer's extension is not found."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock, kind="extension", rows=lambda tx: tx.extensions, published=EXTENSIONS)

    async def create(self, customer_id: CustomerId, spec: ExtensionSpec) -> Extension:
        """Create an extension; ExtensionTaken if the customer has one of this name."""
        extension = Extension(
            id=ExtensionId(new_id()),
            customer_id=customer_id,
            **asdict(spec),
            direct_hash=new_direct_hash(),
            tm_create=self._clock.now(),
        )
        return await self._add(extension, ExtensionTaken("this extension exists"))

    async def update(
        self, customer_id: CustomerId, extension_id: ExtensionId, profile: ExtensionProfile
    ) -> Extension:
        """Replace the profile.

        A new password removes the bindings of its phones, which must register again.
        """
        return await self._change(
            customer_id,
            extension_id,
            lambda each: replace(
                each,
                name=profile.name,
                detail=profile.detail,
                password=profile.password or each.password,
                srtp=profile.srtp,
            ),
        )

    async def regenerate_direct_hash(self, customer_id: CustomerId, extension_id: ExtensionId) -> Extension:
        """Regenerate the direct hash; the previous one stops working."""
        return await self._change(
            customer_id, extension_id, lambda each: replace(each, direct_hash=new_direct_hash())
        )

    async def _on_change(self, tx: Transaction, before: Extension, after: Extension) -> None:
        if after.tm_delete is not None or after.password != before.password:
            await tx.bindings.replace(after.id, ())
