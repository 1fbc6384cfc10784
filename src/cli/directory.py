"""``mixminus numbers``, ``extensions`` and ``trunks``."""

from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import age, line, listed, shown
from mixminus.client.request import UNSET
from mixminus.hosts import bracketed

__all__ = ["extensions", "numbers", "trunks"]

numbers: Final = commands("Numbers that can be dialled.")
extensions: Final = commands("Extensions: phones that register.")
trunks: Final = commands("Trunks: connections to providers and exchanges.")
Password = Annotated[str, typer.Option(prompt=True, hide_input=True, help="Asked for if it is left out.")]


@numbers.command("list")
def list_numbers() -> None:
    """List numbers."""
    with session() as client:
        listed(
            client.list_numbers(),
            {
                "id": lambda each: each.id,
                "number": lambda each: each.number,
                "name": lambda each: each.name,
                "flow": lambda each: each.call_flow_id if each.call_flow_id.int else "",
            },
        )


@numbers.command("create")
def create_number(
    number: str,
    flow: Annotated[UUID | None, typer.Option(help="Id of the flow that its calls run.")] = None,
    name: str = "",
) -> None:
    """Create a number."""
    with session() as client:
        shown(client.create_number(number=number, call_flow_id=flow or UNSET, name=name))


@numbers.command("delete")
def delete_number(id: UUID) -> None:
    """Delete a number."""
    with session() as client:
        line(f"deleted {client.delete_number(id).number}", id=id)


@extensions.command("list")
def list_extensions() -> None:
    """List extensions."""
    with session() as client:
        listed(
            client.list_extensions(),
            {
                "id": lambda each: each.id,
                "extension": lambda each: each.extension,
                "name": lambda each: each.name,
                "registers at": lambda each: each.domain_name,
                "username": lambda each: each.username,
            },
        )


@extensions.command("registrations")
def list_registrations(
    extension: Annotated[str, typer.Argument(help="Name or id of an extension; empty for all.")] = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="Of all customers, as an operator of the server.")
    ] = False,
) -> None:
    """List the phones that are registered now."""
    with session() as client:
        listed(
            (
                each
                for each in client.list_registrations(all=everybody or UNSET)
                if extension in ("", each.extension, str(each.extension_id))
            ),
            {
                "extension": lambda each: each.extension,
                "phone": lambda each: each.user_agent,
                "address": lambda each: f"{each.transport}:{bracketed(each.host)}:{each.port}",
                "since": lambda each: age(each.tm_create),
                "contact": lambda each: each.contact,
            }
            | ({"customer": lambda each: each.customer_id} if everybody else {}),
        )


@extensions.command("create")
def create_extension(extension: str, password: Password, name: str = "") -> None:
    """Create an extension."""
    with session() as client:
        shown(client.create_extension(extension=extension, password=password, name=name))


@extensions.command("delete")
def delete_extension(id: UUID) -> None:
    """Delete an extension; its phones are no longer registered."""
    with session() as client:
        line(f"deleted {client.delete_extension(id).extension}", id=id)


@trunks.command("list")
def list_trunks() -> None:
    """List trunks, with the state of their registrations."""
    with session() as client:
        listed(
            client.list_trunks(),
            {
                "id": lambda each: each.id,
                "name": lambda each: each.name,
                "domain": lambda each: each.domain_name,
                "calls out to": lambda each: each.outbound_host,
                "transport": lambda each: each.outbound_transport,
                "registration": lambda each: each.registration,
                "detail": lambda each: each.registration_detail,
                "health": lambda each: each.health,
            },
        )


@trunks.command("create")
def create_trunk(
    domain: Annotated[str, typer.Argument(help="First label of the trunk's domain.")],
    host: Annotated[str, typer.Option(help="Host of the provider, with or without a port.")],
    username: str = "",
    password: Annotated[str, typer.Option(help="Password at the provider.")] = "",
    transport: Literal["udp", "tcp", "tls"] = "udp",
    register: Annotated[bool, typer.Option("--register", help="Register, so that calls come in.")] = False,
    name: str = "",
) -> None:
    """Create a trunk."""
    with session() as client:
        shown(
            client.create_trunk(
                domain_name=domain,
                name=name,
                auth_types=["basic"] if username else ["ip"],
                username=username,
                password=password,
                outbound_host=host,
                outbound_transport=transport,
                outbound_register=register,
            )
        )


@trunks.command("delete")
def delete_trunk(id: UUID) -> None:
    """Delete a trunk."""
    with session() as client:
        line(f"deleted {client.delete_trunk(id).domain_name}", id=id)
