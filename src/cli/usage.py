"""``mixminus usage``, ``mixminus balance`` and ``mixminus credits``."""

from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line, listed
from mixminus.client.generated.models import Usage
from mixminus.client.request import UNSET

__all__ = ["balance", "credits", "usage"]

credits: Final = commands("Credits of customers: list and add them, as the super admin.")
CustomerId = Annotated[UUID, typer.Argument(metavar="CUSTOMER", help="Id of a customer.")]


def usage(
    since: Annotated[str, typer.Option(help="The first day, such as 2026-11-01; in UTC.")] = "",
    until: Annotated[str, typer.Option(help="The last day, included.")] = "",
    room: Annotated[UUID | None, typer.Option(help="Id of one room.")] = None,
    by: Annotated[Literal["day_room", "day", "room"], typer.Option(help="What a row is about.")] = "day_room",
    save: Annotated[Path | None, typer.Option(help="File to write as CSV.")] = None,
) -> None:
    """Show how long participants were in rooms, by day and room."""
    with session() as client:
        first, last, of = since or UNSET, until or UNSET, room or UNSET
        if save:
            save.write_bytes(client.export_usage(since=first, until=last, conference_id=of, by=by).body)
            line(f"saved {save}", file=save)
            return
        listed(
            client.list_usage(since=first, until=last, conference_id=of, by=by),
            {
                "day": lambda each: each.day or "",
                "room": _room,
                "participants": lambda each: each.participants,
                "minutes": lambda each: each.minutes,
                "seconds": lambda each: each.seconds,
                "credits": lambda each: each.credits,
            },
        )


def balance(
    customer: Annotated[
        UUID | None, typer.Argument(metavar="CUSTOMER", help="Id of a customer; your own without it.")
    ] = None,
) -> None:
    """Show the credits that a customer has left."""
    with session() as client:
        report = client.get_balance(customer) if customer else client.get_own_balance()
        left = "not limited" if report.available is None else f"{report.available} credits are left"
        line(
            f"{left}; {report.running.participants} participants are in rooms",
            available=report.available,
            participants=report.running.participants,
        )


@credits.command("list")
def list_credits(customer: CustomerId) -> None:
    """List the credits that were added to a balance."""
    with session() as client:
        listed(
            client.list_credits(customer),
            {
                "id": lambda each: each.id,
                "credits": lambda each: each.credits,
                "detail": lambda each: each.detail,
                "created": lambda each: each.tm_create,
            },
        )


@credits.command("add")
def add(
    customer: CustomerId,
    amount: Annotated[int, typer.Argument(help="How many; write a negative number after --.")],
    detail: Annotated[str, typer.Option(help="What they are for.")] = "",
    id: Annotated[UUID | None, typer.Option(help="An id of your own: the same again adds nothing.")] = None,
) -> None:
    """Add credits to a balance; the first ones limit the customer to what it has."""
    with session() as client:
        added = client.add_credit(customer, credits=amount, detail=detail, credit_id=id or UNSET)
        line(f"added {added.credits}", id=added.id, credits=added.credits)


def _room(row: Usage) -> str:
    return row.conference_name or (str(row.conference_id) if row.conference_id.int else "")
