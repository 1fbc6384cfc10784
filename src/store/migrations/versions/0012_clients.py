"""What VoIPBIN's own clients set: the type of a number, the ring method of a groupcall, agents' status, metadata."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0012_clients"
down_revision = "0011_growth"


def upgrade() -> None:
    op.add_column("numbers", sa.Column("type", sa.String(16), nullable=False, server_default="virtual"))
    op.add_column("numbers", sa.Column("tm_renew", sa.DateTime(), nullable=True))
    op.add_column(
        "groupcalls", sa.Column("ring_method", sa.String(16), nullable=False, server_default="ring_all")
    )
    op.add_column("customers", sa.Column("metadata", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("agents", sa.Column("status", sa.String(16), nullable=False, server_default="offline"))
    op.add_column("agents", sa.Column("direct_hash", sa.String(32), nullable=False, server_default=""))
    agents = sa.table("agents", sa.column("id", sa.Uuid()), sa.column("direct_hash", sa.String()))
    for id_ in list(op.get_bind().scalars(sa.select(agents.c.id))):
        values = {"direct_hash": f"direct.{secrets.token_hex(6)}"}
        op.execute(sa.update(agents).where(agents.c.id == id_).values(values))
    op.create_index(op.f("ix_agents_direct_hash"), "agents", ["direct_hash"])
