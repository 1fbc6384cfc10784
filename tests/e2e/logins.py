"""Create extensions, and the settings with which a phone registers as one."""

from typing import Any

from tests.support.server import Server

PASSWORD = "correct-horse"  # baresip ends a password at a space


def extension(server: Server, name: str) -> dict[str, Any]:
    made: dict[str, Any] = server.call("POST", "/extensions", {"extension": name, "password": PASSWORD}).json
    return made


def login(server: Server, made: dict[str, Any], password: str = PASSWORD, transport: str = "udp") -> str:
    """Return the account line of baresip for an extension."""
    domain = f"{made['domain_name']}.registrar.mixminus.local"
    return (
        f"<sip:{made['username']}@{domain};transport={transport}>"
        f';outbound="sip:{server.host}:{server.sip_port};transport={transport}"'
        f";regint=60;auth_user={made['username']};auth_pass={password}"
    )
