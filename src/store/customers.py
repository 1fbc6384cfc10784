"""Customer rows, and the server's own secrets."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError

from mixminus.errors import AlreadyExists
from mixminus.model.access import Customer, CustomerStatus
from mixminus.model.ids import CustomerId
from mixminus.model.srtp import SrtpPolicy
from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.page import Page
from mixminus.store.rows import Rows
from mixminus.store.secret_columns import SERVER_SECRETS, WEBHOOK_SECRETS
from mixminus.store.statement import Statement
from mixminus.store.tables import customers, secrets

__all__ = ["CustomerRows", "SecretRows"]


_CALLED: Final = Statement(
    select(customers.c.srtp, customers.c.status).where(customers.c.id == bindparam("id"))
)


class CustomerRows(Rows[Customer]):
    """Reads and writes customers within one transaction."""

    table = customers

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        super().__init__(connection)
        self._cipher = cipher
        self.written: set[CustomerId] = set()
        """The customers that this transaction has added or changed."""

    async def add(self, row: Customer) -> None:
        self.written.add(row.id)
        await super().add(row)

    async def save(self, row: Customer) -> None:
        """Update the row of a customer."""
        self.written.add(row.id)
        await super().save(row)

    async def first(self) -> Customer | None:
        """Return the oldest customer; None if there is none."""
        return await self._one(select(customers).order_by(customers.c.tm_create).limit(1))

    async def srtp_of(self, customer_id: CustomerId) -> SrtpPolicy:
        """Return the customer's policy about SRTP; empty if it is not set, or if there is no such customer."""
        return (await self.called(customer_id))[0]

    async def called(self, customer_id: CustomerId) -> tuple[SrtpPolicy, bool]:
        """Return the same policy, and whether the customer may be called: it is not frozen."""
        found = await self._connection.fetch(_CALLED, id=customer_id)
        policy: SrtpPolicy = found[0]["srtp"] if found else ""
        return policy, not found or found[0]["status"] != CustomerStatus.FROZEN

    async def page_of_all(self, page: Page) -> list[Customer]:
        """Return the customers, newest first."""
        c = customers.c
        query = select(customers).where(c.tm_create < page.before, c.tm_delete.is_(None))
        return await self._many(query.order_by(c.tm_create.desc()).limit(page.size))

    def _columns(self, row: Customer) -> dict[str, Any]:
        secret = self._cipher.encrypt(row.webhook_secret, WEBHOOK_SECRETS.place(row.id))
        return super()._columns(row) | {"webhook_secret": secret}

    def _model(self, row: Mapping[str, Any]) -> Customer:
        secret = self._cipher.decrypt(row["webhook_secret"], WEBHOOK_SECRETS.place(row["id"]))
        return Customer(**{**row, "status": CustomerStatus(row["status"]), "webhook_secret": secret})


class SecretRows:
    """Reads and writes the server's own secrets within one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def add(self, name: str, value: str) -> None:
        """Insert a row; a name that is there raises AlreadyExists."""
        encrypted = self._cipher.encrypt(value, SERVER_SECRETS.place(name))
        try:
            await self._connection.execute(insert(secrets).values(name=name, value=encrypted))
        except IntegrityError as exc:
            raise AlreadyExists(f"the secret {name} has been made") from exc

    async def find(self, name: str) -> str | None:
        found: str | None = await self._connection.scalar(
            select(secrets.c.value).where(secrets.c.name == name)
        )
        return None if found is None else self._cipher.decrypt(found, SERVER_SECRETS.place(name))
