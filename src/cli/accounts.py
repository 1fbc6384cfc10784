"""``mixminus keys`` and ``mixminus agents``."""

from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line, listed, shown

__all__ = ["agents", "keys"]

keys: Final = commands("Access keys of programs.")
agents: Final = commands("Agents: people who can log in.")
_DAY_S: Final = 86_400
_PERMISSIONS: Final = {"agent": 16, "admin": 32, "manager": 64}


@keys.command("list")
def list_keys() -> None:
    """List access keys; the keys themselves are not stored."""
    with session() as client:
        listed(
            client.list_access_keys(),
            {
                "id": lambda each: each.id,
                "name": lambda each: each.name,
                "begins with": lambda each: each.token_prefix,
                "expires": lambda each: each.tm_expire,
                "created": lambda each: each.tm_create,
            },
        )


@keys.command("create")
def create_key(
    name: str, days: Annotated[int, typer.Option(min=1, help="Days until it expires.")] = 365
) -> None:
    """Create an access key, and print it: it is shown this once."""
    with session() as client:
        shown(client.create_access_key(name=name, expire=days * _DAY_S))


@keys.command("delete")
def delete_key(id: UUID) -> None:
    """Delete an access key: it is refused from now on."""
    with session() as client:
        line(f"deleted {client.delete_access_key(id).name}", id=id)


@agents.command("list")
def list_agents() -> None:
    """List agents."""
    with session() as client:
        listed(
            client.list_agents(),
            {
                "id": lambda each: each.id,
                "username": lambda each: each.username,
                "name": lambda each: each.name,
                "permission": lambda each: each.permission,
                "created": lambda each: each.tm_create,
            },
        )


@agents.command("create")
def create_agent(
    username: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, help="Asked for if it is left out.")],
    role: Annotated[str, typer.Option(help="agent, manager or admin.")] = "agent",
    name: str = "",
) -> None:
    """Create an agent."""
    if role not in _PERMISSIONS:
        raise typer.BadParameter(f"a role is one of {', '.join(_PERMISSIONS)}")
    with session() as client:
        permission = _PERMISSIONS[role]
        shown(client.create_agent(username=username, password=password, name=name, permission=permission))


@agents.command("delete")
def delete_agent(id: UUID) -> None:
    """Delete an agent."""
    with session() as client:
        line(f"deleted {client.delete_agent(id).username}", id=id)
