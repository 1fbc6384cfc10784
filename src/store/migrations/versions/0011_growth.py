"""Indexes with which lists, health and pruning take as long with a million rows as with a thousand.

Those of lists leave deleted rows out; the one of participants leaves out those that have leaved.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0011_growth"
down_revision = "0010_transcripts"

_UNDELETED: Final = ("conferences", "calls", "recordings", "activeflows")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(op.f(name), table, columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    for table in _UNDELETED:
        name = f"ix_{table}_customer_id_tm_create"
        op.drop_index(op.f(name), table)
        _partial(name, table, ["customer_id", "tm_create"], "tm_delete IS NULL")
    op.drop_index(op.f("ix_conferencecalls_conference_id_status"), "conferencecalls")
    op.create_index(
        op.f("ix_conferencecalls_conference_id_tm_create"), "conferencecalls", ["conference_id", "tm_create"]
    )
    _partial(
        "ix_conferencecalls_present",
        "conferencecalls",
        ["conference_id", "tm_create"],
        "status IN ('joining', 'joined', 'leaving')",
    )
    _partial("ix_activeflows_with_webhook", "activeflows", ["id"], "webhook_uri != ''")
    op.create_index(op.f("ix_undelivered_tm"), "undelivered", ["tm"])
    # Cursors whose events were pruned before they themselves were.
    op.execute(
        "DELETE FROM activeflow_cursors WHERE NOT EXISTS "
        "(SELECT 1 FROM outbox WHERE outbox.activeflow_id = activeflow_cursors.activeflow_id)"
    )
