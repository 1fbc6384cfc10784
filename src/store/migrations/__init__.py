"""The database's migrations, run by Alembic when the server starts."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from mixminus.store.database import create_engine

__all__ = ["upgrade"]

_SCRIPTS: Final = Path(__file__).parent


async def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the database to a revision, the newest by default; no change if it is there."""
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
