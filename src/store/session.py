"""Sessions of PostgreSQL beside the pool, for locks and leases: no other statement holds them up."""

from typing import Any, Final

from sqlalchemy.engine import make_url

from mixminus.errors import Unavailable

__all__ = ["KEEPALIVES", "open_session", "unanswered"]

# The server ends the session of a machine that has vanished, within some ten seconds.
KEEPALIVES: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


async def open_session(url: str, name: str, *, answer_s: float) -> Any:
    """Return a session of asyncpg, whose statements fail without an answer in this time.

    ``name`` is shown to the administrator. Raises what the driver and the socket raise.
    """
    import asyncpg  # noqa: PLC0415 -- an extra, needed with PostgreSQL alone

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {"application_name": name, **KEEPALIVES}
    return await asyncpg.connect(plain, timeout=answer_s, command_timeout=answer_s, server_settings=settings)


def unanswered(error: Exception) -> Unavailable:
    """Return the error of a session that has failed."""
    return Unavailable(f"the database does not answer ({error})".partition("\n")[0])
