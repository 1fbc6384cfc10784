"""Connections to PostgreSQL that have failed are closed whole."""

from collections import Counter

import pytest
from sqlalchemy import make_url, text

from mixminus.errors import Unavailable
from mixminus.store import postgresql
from tests.support.database import postgresql_url


async def test_a_connection_that_was_given_up_within_a_transaction_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql, "_STATEMENT_S", 0.1)
    session = await postgresql.PostgresqlServer(make_url(postgresql_url()), Counter()).connect()
    await session.begin(writes=True)
    with pytest.raises(Unavailable):
        await session.scalar(text("SELECT pg_sleep(60)"))
    await session.close()
    await session.close()
