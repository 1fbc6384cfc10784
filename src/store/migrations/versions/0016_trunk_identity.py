"""Trunks: whether their identity headers count, how they show callers, and the proxy that they are reached by."""

import sqlalchemy as sa
from alembic import op

revision = "0016_trunk_identity"
down_revision = "0015_call_headers"


def upgrade() -> None:
    op.add_column(
        "trunks", sa.Column("trust_identity", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for name in ("identity_header", "diversion_header"):
        op.add_column("trunks", sa.Column(name, sa.String(32), nullable=False, server_default=""))
    for name in ("from_domain", "outbound_proxy"):
        op.add_column("trunks", sa.Column(name, sa.String(), nullable=False, server_default=""))
