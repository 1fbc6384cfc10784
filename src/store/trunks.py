"""Trunk rows, and the addresses that authenticate trunks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select

from mixminus.model.directory import Trunk, TrunkServer
from mixminus.model.ids import CustomerId
from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.rows import Rows
from mixminus.store.secret_columns import TRUNK_PASSWORDS
from mixminus.store.statement import Statement
from mixminus.store.tables import trunk_addresses, trunk_certificates, trunks

__all__ = ["TrunkRows"]

_SOME: Final = 2
_MAX_OUTGOING: Final = 4
_BY_ADDRESS: Final = Statement(
    select(trunks).join(trunk_addresses).where(trunk_addresses.c.host == bindparam("host")).limit(_SOME)
)


class TrunkRows(Rows[Trunk]):
    """Reads and writes trunks within one transaction."""

    table = trunks
    taken = "this domain name is in use"

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        super().__init__(connection)
        self._cipher = cipher

    async def add(self, row: Trunk) -> None:
        """Insert a row; a domain name that is in use raises AlreadyExists."""
        await super().add(row)
        await self._write_addresses(row)
        await self._write_certificates(row)

    async def save(self, row: Trunk) -> None:
        """Update the row of a trunk."""
        await super().save(row)
        await self._write_addresses(row)
        await self._write_certificates(row)

    async def find_named(self, domain_name: str) -> Trunk | None:
        """Return the undeleted trunk of a domain name."""
        return await self._one(select(trunks).where(trunks.c.live_domain_name == domain_name))

    async def find_by_address(self, host: str) -> Trunk | None:
        """Return the trunk that an address authenticates; None if it is allowed for several."""
        found = await self._connection.fetch(_BY_ADDRESS, host=host)
        return self._model(found[0]) if len(found) == 1 else None

    async def find_by_certificate(self, names: Sequence[str]) -> Trunk | None:
        """Return the trunk that a certificate for these domains authenticates; None if several accept it."""
        accepting = select(trunk_certificates.c.trunk_id).where(trunk_certificates.c.name.in_(names))
        found = await self._many(select(trunks).where(trunks.c.id.in_(accepting)).limit(_SOME))
        return found[0] if len(found) == 1 else None

    async def outgoing(self, customer_id: CustomerId) -> list[Trunk]:
        """Return the customer's oldest undeleted trunks with an outbound host, four at most."""
        c = trunks.c
        query = select(trunks).where(
            c.customer_id == customer_id, c.outbound_host != "", c.tm_delete.is_(None)
        )
        return await self._many(query.order_by(c.tm_create).limit(_MAX_OUTGOING))

    async def registering(self) -> list[Trunk]:
        """Return the undeleted trunks of all customers that register with their provider."""
        c = trunks.c
        return await self._many(select(trunks).where(c.outbound_register.is_(True), c.tm_delete.is_(None)))

    async def probed(self) -> list[Trunk]:
        """Return the undeleted trunks of all customers whose servers are probed."""
        c = trunks.c
        query = select(trunks).where(c.options_interval_s > 0, c.outbound_host != "", c.tm_delete.is_(None))
        return await self._many(query)

    async def _write_addresses(self, trunk: Trunk) -> None:
        c = trunk_addresses.c
        await self._connection.execute(delete(trunk_addresses).where(c.trunk_id == trunk.id))
        if "ip" in trunk.auth_types and not trunk.tm_delete and trunk.allowed_ips:
            rows = [{"trunk_id": trunk.id, "host": host} for host in dict.fromkeys(trunk.allowed_ips)]
            await self._connection.execute(insert(trunk_addresses), rows)

    async def _write_certificates(self, trunk: Trunk) -> None:
        c = trunk_certificates.c
        await self._connection.execute(delete(trunk_certificates).where(c.trunk_id == trunk.id))
        if "tls" in trunk.auth_types and not trunk.tm_delete and trunk.certificate_names:
            rows = [{"trunk_id": trunk.id, "name": name} for name in dict.fromkeys(trunk.certificate_names)]
            await self._connection.execute(insert(trunk_certificates), rows)

    def _columns(self, row: Trunk) -> dict[str, Any]:
        return asdict(row) | {
            "password": self._cipher.encrypt(row.password, TRUNK_PASSWORDS.place(row.id)),
            "auth_types": list(row.auth_types),
            "allowed_ips": list(row.allowed_ips),
            "certificate_names": list(row.certificate_names),
            "servers": [asdict(each) for each in row.servers],
            "live_domain_name": None if row.tm_delete else row.domain_name,
        }

    def _model(self, row: Mapping[str, Any]) -> Trunk:
        values = {name: value for name, value in row.items() if name != "live_domain_name"}
        values |= {name: tuple(row[name]) for name in ("auth_types", "allowed_ips", "certificate_names")}
        values["password"] = self._cipher.decrypt(row["password"], TRUNK_PASSWORDS.place(row["id"]))
        return Trunk(**values | {"servers": tuple(TrunkServer(**each) for each in row["servers"])})
