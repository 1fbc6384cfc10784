"""``mixminus customers``: the customers of the server; all of them for the super admin, the caller's own for others."""

from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.changing import changed
from mixminus.cli.common import commands, session
from mixminus.cli.output import line, listed, shown
from mixminus.client.request import UNSET

__all__ = ["app"]

app: Final = commands("Customers: who owns rooms, calls, agents and keys.")
Method = Annotated[
    Literal["POST", "PUT", "GET", "DELETE"] | None, typer.Option(help="Method of the webhook.")
]
Uri = Annotated[str | None, typer.Option(help="Where events are sent; empty for nowhere.")]
Srtp = Annotated[
    Literal["", "never", "optional", "required"] | None,
    typer.Option(help="Encryption of calls, where a trunk or an extension has no policy."),
]
CustomerId = Annotated[UUID, typer.Argument(metavar="CUSTOMER", help="Id of a customer.")]


@app.command("list")
def list_customers() -> None:
    """List customers."""
    with session() as client:
        listed(
            client.list_customers(),
            {
                "id": lambda each: each.id,
                "name": lambda each: each.name,
                "status": lambda each: each.status,
                "email": lambda each: each.email,
                "webhook": lambda each: each.webhook_uri,
                "created": lambda each: each.tm_create,
            },
        )


@app.command("create")
def create_customer(
    name: str,
    email: str = "",
    detail: str = "",
    webhook_uri: Uri = None,
    webhook_method: Method = None,
    srtp: Srtp = None,
) -> None:
    """Create a customer; only for the super admin."""
    with session() as client:
        shown(
            client.create_customer(
                name=name,
                email=email,
                detail=detail,
                webhook_uri=webhook_uri or UNSET,
                webhook_method=webhook_method or ("POST" if webhook_uri else UNSET),
                srtp=srtp or UNSET,
            )
        )


@app.command("show")
def show_customer(
    customer: Annotated[
        UUID | None, typer.Argument(metavar="[CUSTOMER]", help="Id of a customer; your own without.")
    ] = None,
) -> None:
    """Show a customer."""
    with session() as client:
        shown(client.get_customer(customer) if customer else client.get_own_customer())


@app.command("edit")
def edit_customer(  # noqa: PLR0913, PLR0917 -- each is an option
    customer: CustomerId,
    name: str | None = None,
    email: str | None = None,
    phone_number: str | None = None,
    address: str | None = None,
    detail: str | None = None,
    webhook_uri: Uri = None,
    webhook_method: Method = None,
    srtp: Srtp = None,
) -> None:
    """Change a customer; what no option names stays as it is."""
    changes = {
        "name": name,
        "email": email,
        "phone_number": phone_number,
        "address": address,
        "detail": detail,
        "webhook_uri": webhook_uri,
        "webhook_method": webhook_method,
        "srtp": srtp,
    }
    with session() as client:
        old = client.get_customer(customer)
        if webhook_uri and not (webhook_method or old.webhook_method):
            changes["webhook_method"] = "POST"
        shown(changed(client.update_customer, old, changes))


@app.command("freeze")
def freeze_customer(customer: CustomerId) -> None:
    """Refuse all requests of a customer; its calls continue. Only for the super admin."""
    with session() as client:
        frozen = client.freeze_customer(customer)
        line(f"{frozen.name or frozen.id} is {frozen.status}", id=frozen.id, status=frozen.status)


@app.command("recover")
def recover_customer(customer: CustomerId) -> None:
    """Accept the requests of a frozen customer again. Only for the super admin."""
    with session() as client:
        recovered = client.recover_customer(customer)
        line(
            f"{recovered.name or recovered.id} is {recovered.status}",
            id=recovered.id,
            status=recovered.status,
        )
