"""Extension rows, and the contact bindings of their phones."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.directory import Binding, Extension
from mixminus.model.ids import CustomerId, ExtensionId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import extension_bindings, extensions

__all__ = ["BindingRows", "ExtensionRows"]

_SOME = 2
"""Enough rows to know whether there is more than one."""


class ExtensionRows:
    """Reads and writes extensions within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, extension: Extension) -> None:
        """Insert a row; a name that the customer has in use raises AlreadyExists."""
        try:
            await self._connection.execute(insert(extensions).values(_columns(extension)))
        except IntegrityError as exc:
            raise AlreadyExists("this extension exists") from exc

    async def save(self, extension: Extension) -> None:
        """Update the row of an extension."""
        query = update(extensions).where(extensions.c.id == extension.id)
        await self._connection.execute(query.values(_columns(extension)))

    async def find(self, extension_id: ExtensionId) -> Extension | None:
        return await self._one(select(extensions).where(extensions.c.id == extension_id))

    async def find_for_update(self, extension_id: ExtensionId) -> Extension | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(extensions).where(extensions.c.id == extension_id).with_for_update())

    async def find_by_direct_hash(self, direct_hash: str) -> Extension | None:
        """Return the undeleted extension that has this hash."""
        c = extensions.c
        return await self._one(select(extensions).where(c.direct_hash == direct_hash, c.tm_delete.is_(None)))

    async def find_named(self, extension: str, customer_id: CustomerId | None = None) -> Extension | None:
        """Return the undeleted extension of a name: the customer's or, without a customer, the only one."""
        c = extensions.c
        query = select(extensions).where(c.live_extension == extension)
        if customer_id is not None:
            query = query.where(c.customer_id == customer_id)
        found = await self._many(query.limit(_SOME))
        return found[0] if len(found) == 1 else None

    async def page(self, customer_id: CustomerId, page: Page) -> list[Extension]:
        """Return the customer's undeleted extensions, newest first."""
        c = extensions.c
        query = select(extensions).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _one(self, query: Select[Any]) -> Extension | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Extension]:
        rows = (await self._connection.execute(query)).mappings()
        return [
            Extension(**{name: value for name, value in row.items() if name != "live_extension"})
            for row in rows
        ]


class BindingRows:
    """Reads and writes contact bindings within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, extension_id: ExtensionId, now: datetime) -> list[Binding]:
        """Return the unexpired bindings, the longest-lived first."""
        c = extension_bindings.c
        query = select(extension_bindings).where(c.extension_id == extension_id, c.tm_expire > now)
        rows = (await self._connection.execute(query.order_by(c.tm_expire.desc(), c.contact))).mappings()
        return [Binding(**row) for row in rows]

    async def replace(self, extension_id: ExtensionId, bindings: Collection[Binding]) -> None:
        """Replace the bindings of an extension."""
        c = extension_bindings.c
        await self._connection.execute(delete(extension_bindings).where(c.extension_id == extension_id))
        if bindings:
            await self._connection.execute(
                insert(extension_bindings), [asdict(binding) for binding in bindings]
            )

    async def prune(self, now: datetime) -> None:
        """Delete the expired bindings."""
        await self._connection.execute(
            delete(extension_bindings).where(extension_bindings.c.tm_expire <= now)
        )


def _columns(extension: Extension) -> dict[str, Any]:
    return asdict(extension) | {"live_extension": None if extension.tm_delete else extension.extension}
