"""Webhooks of activeflows: their targets, and the last event each has received."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, insert, literal_column, select, update

from mixminus.store.cipher import Cipher
from mixminus.store.connection import Connection
from mixminus.store.secret_columns import WEBHOOK_SECRETS
from mixminus.store.tables import activeflow_cursors, activeflows, customers, outbox
from mixminus.store.webhooks import Target

__all__ = ["ActiveflowWebhookRows"]


class ActiveflowWebhookRows:
    """Reads and writes activeflows' webhooks within one transaction."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    async def target(self, activeflow_id: UUID) -> tuple[Target | None, int]:
        """Return the target, None if there is none, and the id of the last event delivered or given up."""
        a, cursors = activeflows.c, activeflow_cursors.c
        tables = activeflows.join(customers, a.customer_id == customers.c.id)
        tables = tables.outerjoin(activeflow_cursors, cursors.activeflow_id == a.id)
        query = select(
            a.customer_id,
            a.webhook_method,
            a.webhook_uri,
            customers.c.webhook_secret,
            a.tm_create,
            cursors.event_id,
        ).select_from(tables)
        row = (
            await self._connection.execute(query.where(a.id == activeflow_id, a.webhook_uri != ""))
        ).one_or_none()
        if row is None:
            return None, 0
        customer_id, method, uri, secret, tm_create, event_id = row
        secret = self._cipher.decrypt(secret, WEBHOOK_SECRETS.place(customer_id))
        return Target(customer_id, method or "POST", uri, secret, tm_create), event_id or 0

    async def advance(self, activeflow_id: UUID, event_id: int) -> None:
        """Mark events up to this one as delivered."""
        c = activeflow_cursors.c
        query = update(activeflow_cursors).where(c.activeflow_id == activeflow_id).values(event_id=event_id)
        if not await self._connection.change(query):
            values = {"activeflow_id": activeflow_id, "event_id": event_id}
            await self._connection.execute(insert(activeflow_cursors).values(values))

    async def undelivered(self) -> Sequence[UUID]:
        """Return the activeflows whose target has events to receive."""
        a, cursors, c = activeflows.c, activeflow_cursors.c, outbox.c
        tables = activeflows.outerjoin(activeflow_cursors, cursors.activeflow_id == a.id)
        waiting = exists().where(c.activeflow_id == a.id, c.id > func.coalesce(cursors.event_id, 0))
        # The condition of ix_activeflows_with_webhook, word for word.
        has_target = a.webhook_uri != literal_column("''")
        return (
            await self._connection.scalars(select(a.id).select_from(tables).where(has_target, waiting))
        ).all()
