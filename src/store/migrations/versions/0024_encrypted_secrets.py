"""The key that encrypts the secrets; the server encrypts them when it starts, because it has the key."""

import sqlalchemy as sa
from alembic import op

revision = "0024_encrypted_secrets"
down_revision = "0026_webhook_attempts"


def upgrade() -> None:
    op.create_table(
        "encryption_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("tm_create", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encryption_keys")),
    )
