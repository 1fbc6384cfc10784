"""The database's history, run by Alembic when the server starts."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from mixminus.store.database import create_engine

__all__ = ["upgrade"]

_SCRIPTS: Final = Path(__file__).parent


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default; one that is there is left alone."""
    engine = create_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
