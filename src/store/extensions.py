"""Extension rows, and the contact bindings of their phones."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from mixminus.model.directory import Binding, Extension, RegisteredPhone
from mixminus.model.ids import NIL, CustomerId, ExtensionId
from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.rows import Rows
from mixminus.store.secret_columns import EXTENSION_PASSWORDS
from mixminus.store.tables import extension_bindings, extensions

__all__ = ["BindingRows", "ExtensionRows"]

_LONGEST = timedelta(hours=1)
"""A binding lives so long at most without another REGISTER."""
_SOME = 2
"""Enough rows to know whether there is more than one."""


class ExtensionRows(Rows[Extension]):
    """Reads and writes extensions within one transaction."""

    table = extensions
    taken = "this extension exists"

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        super().__init__(connection)
        self._cipher = cipher

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

    def _columns(self, row: Extension) -> dict[str, Any]:
        password = self._cipher.encrypt(row.password, EXTENSION_PASSWORDS.place(row.id))
        live = None if row.tm_delete else row.extension
        return {**asdict(row), "password": password, "live_extension": live}

    def _model(self, row: Mapping[str, Any]) -> Extension:
        values = {name: value for name, value in row.items() if name != "live_extension"}
        password = self._cipher.decrypt(row["password"], EXTENSION_PASSWORDS.place(row["id"]))
        return Extension(**values | {"password": password})


class BindingRows:
    """Reads and writes contact bindings within one transaction."""

    def __init__(self, connection: Connection, node_id: UUID = NIL) -> None:
        self._connection = connection
        self._node_id = node_id

    async def of(self, extension_id: ExtensionId, now: datetime) -> list[Binding]:
        """Return the unexpired bindings, the longest-lived first."""
        c = extension_bindings.c
        query = select(extension_bindings).where(c.extension_id == extension_id, c.tm_expire > now)
        rows = (await self._connection.execute(query.order_by(c.tm_expire.desc(), c.contact))).mappings()
        return [_binding(dict(row)) for row in rows]

    async def page(
        self, customer_id: CustomerId | None, page: Page, now: datetime, extension_id: UUID | None = None
    ) -> list[RegisteredPhone]:
        """Return unexpired bindings, the newest first: of a customer or of all, of one extension or of all."""
        c, owner = extension_bindings.c, extensions.c
        query = (
            select(owner.customer_id, owner.extension, extension_bindings)
            .join(extensions, owner.id == c.extension_id)
            .where(c.tm_expire > now, c.tm_create < page.before)
        )
        if customer_id is not None:
            query = query.where(owner.customer_id == customer_id)
        if extension_id is not None:
            query = query.where(c.extension_id == extension_id)
        query = query.order_by(c.tm_create.desc(), c.contact).limit(page.size)
        rows = [dict(row) for row in (await self._connection.execute(query)).mappings()]
        return [
            RegisteredPhone(
                customer_id=row.pop("customer_id"), extension=row.pop("extension"), binding=_binding(row)
            )
            for row in rows
        ]

    async def replace(self, extension_id: ExtensionId, bindings: Collection[Binding]) -> None:
        """Replace the bindings of an extension."""
        c = extension_bindings.c
        await self._connection.execute(delete(extension_bindings).where(c.extension_id == extension_id))
        if bindings:
            await self._connection.execute(
                insert(extension_bindings),
                [asdict(binding) | {"path": " ".join(binding.path)} for binding in bindings],
            )

    async def prune(self, now: datetime) -> None:
        """Delete the expired bindings."""
        await self._connection.execute(
            delete(extension_bindings).where(extension_bindings.c.tm_expire <= now)
        )

    async def drop_websockets(self, connection: int | None = None) -> None:
        """Delete the bindings of one WebSocket of this node, or of all."""
        c = extension_bindings.c
        query = delete(extension_bindings).where(c.transport == "wss", c.node_id == self._node_id)
        if connection is not None:
            query = query.where(c.connection == connection)
        await self._connection.execute(query)


def _binding(row: Mapping[str, Any]) -> Binding:
    # A server of an earlier version, which shares the database while it is replaced, writes no ``tm_create``.
    since = row["tm_create"] or row["tm_expire"] - _LONGEST
    return Binding(**dict(row) | {"path": tuple(row["path"].split()), "tm_create": since})
