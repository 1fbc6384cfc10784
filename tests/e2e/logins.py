"""Create extensions, and the settings with which a phone registers as one."""

from typing import Any
from uuid import uuid4

from tests.support.named import named
from tests.support.server import Server

PASSWORD = "correct-horse"  # baresip ends a password at a space


def new_name(prefix: str) -> str:
    """Return the name of an extension that no earlier run of a test has created; digits follow the prefix."""
    return f"{prefix}-{uuid4().int % 10**9:09}"


def extension(server: Server, name: str) -> dict[str, Any]:
    """Create an extension; return its row."""
    return named(server, "/extensions", "extension", extension=name, password=PASSWORD)


def domain_of(made: dict[str, Any]) -> str:
    """Return the domain that the phones of an extension's customer register at."""
    return f"{made['domain_name']}.registrar.mixminus.local"


def login(
    server: Server, made: dict[str, Any], password: str = PASSWORD, transport: str = "udp", proxy: str = ""
) -> str:
    """Return the account line of baresip for an extension; ``proxy`` is the host and port of one before the server."""
    proxy = proxy or f"{server.host}:{server.sip_port}"
    return (
        f"<sip:{made['username']}@{domain_of(made)};transport={transport}>"
        f';outbound="sip:{proxy};transport={transport}"'
        f";regint=60;auth_user={made['username']};auth_pass={password}"
    )
