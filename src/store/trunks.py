"""Trunk rows, and the addresses that authenticate trunks."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.directory import Trunk
from mixminus.model.ids import CustomerId, TrunkId
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.tables import trunk_addresses, trunks

__all__ = ["TrunkRows"]

_SOME = 2


class TrunkRows:
    """Reads and writes trunks within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, trunk: Trunk) -> None:
        """Insert a row; a domain name that is in use raises AlreadyExists."""
        try:
            await self._connection.execute(insert(trunks).values(_columns(trunk)))
        except IntegrityError as exc:
            raise AlreadyExists("this domain name is in use") from exc
        await self._write_addresses(trunk)

    async def save(self, trunk: Trunk) -> None:
        """Update the row of a trunk."""
        await self._connection.execute(update(trunks).where(trunks.c.id == trunk.id).values(_columns(trunk)))
        await self._write_addresses(trunk)

    async def find(self, trunk_id: TrunkId) -> Trunk | None:
        return await self._one(select(trunks).where(trunks.c.id == trunk_id))

    async def find_for_update(self, trunk_id: TrunkId) -> Trunk | None:
        """Return the row, locked until the transaction ends; None if there is none."""
        return await self._one(select(trunks).where(trunks.c.id == trunk_id).with_for_update())

    async def find_named(self, domain_name: str) -> Trunk | None:
        """Return the undeleted trunk of a domain name."""
        return await self._one(select(trunks).where(trunks.c.live_domain_name == domain_name))

    async def find_by_address(self, host: str) -> Trunk | None:
        """Return the trunk that an address authenticates; None if it is allowed for several."""
        query = select(trunks).join(trunk_addresses).where(trunk_addresses.c.host == host).limit(_SOME)
        found = await self._many(query)
        return found[0] if len(found) == 1 else None

    async def outgoing(self, customer_id: CustomerId) -> Trunk | None:
        """Return the customer's oldest undeleted trunk with an outbound host."""
        c = trunks.c
        query = select(trunks).where(
            c.customer_id == customer_id, c.outbound_host != "", c.tm_delete.is_(None)
        )
        return await self._one(query.order_by(c.tm_create).limit(1))

    async def registering(self) -> list[Trunk]:
        """Return the undeleted trunks of all customers that register with their provider."""
        c = trunks.c
        return await self._many(select(trunks).where(c.outbound_register.is_(True), c.tm_delete.is_(None)))

    async def page(self, customer_id: CustomerId, page: Page) -> list[Trunk]:
        """Return the customer's undeleted trunks, newest first."""
        c = trunks.c
        query = select(trunks).where(
            c.customer_id == customer_id, c.tm_create < page.before, c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    async def _write_addresses(self, trunk: Trunk) -> None:
        c = trunk_addresses.c
        await self._connection.execute(delete(trunk_addresses).where(c.trunk_id == trunk.id))
        if "ip" in trunk.auth_types and not trunk.tm_delete and trunk.allowed_ips:
            rows = [{"trunk_id": trunk.id, "host": host} for host in dict.fromkeys(trunk.allowed_ips)]
            await self._connection.execute(insert(trunk_addresses), rows)

    async def _one(self, query: Select[Any]) -> Trunk | None:
        return next(iter(await self._many(query)), None)

    async def _many(self, query: Select[Any]) -> list[Trunk]:
        return [_model(dict(row)) for row in (await self._connection.execute(query)).mappings()]


def _columns(trunk: Trunk) -> dict[str, Any]:
    return asdict(trunk) | {
        "auth_types": list(trunk.auth_types),
        "allowed_ips": list(trunk.allowed_ips),
        "live_domain_name": None if trunk.tm_delete else trunk.domain_name,
    }


def _model(values: dict[str, Any]) -> Trunk:
    del values["live_domain_name"]
    return Trunk(
        **values | {"auth_types": tuple(values["auth_types"]), "allowed_ips": tuple(values["allowed_ips"])}
    )
