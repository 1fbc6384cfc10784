"""``show`` and ``edit`` of ``mixminus numbers``, ``extensions`` and ``trunks``."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.changing import changed
from mixminus.cli.common import session
from mixminus.cli.output import shown

__all__ = ["EXTENSIONS", "NUMBERS", "TRUNKS"]

Srtp = Annotated[
    Literal["", "never", "optional", "required"] | None,
    typer.Option(help="Encryption of its calls; empty for the customer's policy."),
]


def show_number(id: UUID) -> None:
    """Show a number."""
    with session() as client:
        shown(client.get_number(id))


def edit_number(
    id: UUID,
    flow: Annotated[
        UUID | None, typer.Option(help="Id of the flow that its calls run; the nil UUID for none.")
    ] = None,
    name: str | None = None,
    detail: str | None = None,
) -> None:
    """Change a number; what no option names stays as it is."""
    changes = {"call_flow_id": flow, "name": name, "detail": detail}
    with session() as client:
        shown(changed(client.update_number, client.get_number(id), changes))


def show_extension(id: UUID) -> None:
    """Show an extension."""
    with session() as client:
        shown(client.get_extension(id))


def edit_extension(
    id: UUID,
    name: str | None = None,
    detail: str | None = None,
    password: Annotated[str | None, typer.Option(help="A new one: its phones must register again.")] = None,
    srtp: Srtp = None,
) -> None:
    """Change an extension; what no option names stays as it is."""
    changes = {"name": name, "detail": detail, "password": password, "srtp": srtp}
    with session() as client:
        shown(changed(client.update_extension, client.get_extension(id), changes, left_out="password"))


def show_trunk(id: UUID) -> None:
    """Show a trunk."""
    with session() as client:
        shown(client.get_trunk(id))


def edit_trunk(  # noqa: PLR0913, PLR0917 -- each is an option
    id: UUID,
    name: str | None = None,
    detail: str | None = None,
    host: Annotated[str | None, typer.Option(help="Host of the provider, with or without a port.")] = None,
    proxy: Annotated[str | None, typer.Option(help="Where its requests are sent instead.")] = None,
    transport: Literal["udp", "tcp", "tls", "auto"] | None = None,
    username: str | None = None,
    password: Annotated[str | None, typer.Option(help="Password at the provider.")] = None,
    allowed_ip: Annotated[
        list[str] | None,
        typer.Option(help="An address that its calls come from; in place of all that it has."),
    ] = None,
    register: Annotated[
        bool | None, typer.Option("--register/--no-register", help="Register, so that calls come in.")
    ] = None,
    srtp: Srtp = None,
) -> None:
    """Change a trunk; what no option names stays as it is."""
    changes = {
        "name": name,
        "detail": detail,
        "outbound_host": host,
        "outbound_proxy": proxy,
        "outbound_transport": transport,
        "username": username,
        "password": password,
        "allowed_ips": allowed_ip or None,
        "outbound_register": register,
        "srtp": srtp,
    }
    with session() as client:
        shown(changed(client.update_trunk, client.get_trunk(id), changes))


NUMBERS: Final[Mapping[str, Callable[..., Any]]] = {"show": show_number, "edit": edit_number}
EXTENSIONS: Final[Mapping[str, Callable[..., Any]]] = {"show": show_extension, "edit": edit_extension}
TRUNKS: Final[Mapping[str, Callable[..., Any]]] = {"show": show_trunk, "edit": edit_trunk}
