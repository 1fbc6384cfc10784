"""Calls by their party, and the indexes by which a person's data is found and old rows are deleted."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0031_retention"
down_revision = "0030_usage"

_INDEXES: Final = (
    ("calls", ("customer_id", "party")),
    ("calls", ("tm_create",)),
    ("conferencecalls", ("reference_id",)),
    ("conferencecalls", ("tm_create",)),
    ("transcripts", ("call_id",)),
    ("transcripts", ("tm_create",)),
    ("chat_messages", ("sender_id",)),
    ("chat_messages", ("recipient_id",)),
    ("chat_messages", ("tm_create",)),
    ("groupcalls", ("tm_create",)),
)
_ROWS_A_STEP: Final = 1000
_SCHEMES: Final = ("sips:", "sip:", "tel:")
_SEPARATORS: Final = str.maketrans("", "", " -.()")

_calls = sa.table(
    "calls",
    sa.column("id", sa.Uuid()),
    sa.column("direction", sa.String()),
    sa.column("source", sa.JSON()),
    sa.column("destination", sa.JSON()),
    sa.column("party", sa.String()),
)


def upgrade() -> None:
    op.add_column("calls", sa.Column("party", sa.String(), nullable=False, server_default=""))
    _name_parties()
    for table, columns in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _name_parties() -> None:
    """Set the party of the calls that are there, some at a time."""
    connection = op.get_bind()
    change = sa.update(_calls).where(_calls.c.id == sa.bindparam("call_id")).values(party=sa.bindparam("key"))
    query = sa.select(_calls.c.id, _calls.c.direction, _calls.c.source, _calls.c.destination)
    last: Any = None
    while True:
        page = query.order_by(_calls.c.id).limit(_ROWS_A_STEP)
        rows = connection.execute(page if last is None else page.where(_calls.c.id > last)).all()
        if not rows:
            return
        connection.execute(change, [{"call_id": row.id, "key": _key(row)} for row in rows])
        last = rows[-1].id


def _key(row: Any) -> str:
    """Return what ``model.call.Call.party`` was at this version."""
    address = row.source if row.direction == "incoming" else row.destination
    text = str(address.get("target", "")).strip().lower()
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    user, at, host = text.partition(";")[0].partition("@")
    digits = user.translate(_SEPARATORS).removeprefix("+")
    return (digits if digits.isascii() and digits.isdigit() else user) + at + host
