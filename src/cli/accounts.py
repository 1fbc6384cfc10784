"""``mixminus keys``, ``mixminus agents`` and ``mixminus audits``."""

from itertools import islice
from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line, listed, shown
from mixminus.client.generated.models import Audit

__all__ = ["agents", "audits", "keys"]

keys: Final = commands("Access keys of programs.")
agents: Final = commands("Agents: people who can log in.")
audits: Final = commands("Who has changed what.")
_DAY_S: Final = 86_400
_PERMISSIONS: Final = {"agent": 16, "admin": 32, "manager": 64, "viewer": 128}


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
    role: Annotated[str, typer.Option(help="agent, viewer, manager or admin.")] = "agent",
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


@audits.command("list")
def list_audits(
    count: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 100,
) -> None:
    """List requests that have changed something, or were refused, and who sent them."""
    with session() as client:
        listed(
            list(islice(client.list_audits(), count)),
            {
                "time": lambda each: each.tm_create,
                "operation": lambda each: each.operation,
                "on": lambda each: _set(each.resource_id),
                "status": lambda each: each.http_status,
                "reason": lambda each: each.reason,
                "by": _sender,
                "from": lambda each: each.source,
                "request": lambda each: each.request_id,
            },
        )


def _sender(audit: Audit) -> str:
    kinds = {"agent": audit.agent_id, "key": audit.access_key_id, "guest link": audit.guest_link_id}
    return next((f"{kind} {id}" for kind, id in kinds.items() if id.int), "")


def _set(id: UUID) -> str:
    return str(id) if id.int else ""
