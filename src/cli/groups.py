"""``mixminus groups``: groupcalls, which ring several destinations for one caller."""

from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.calls import address_name
from mixminus.cli.common import commands, session
from mixminus.cli.output import age, line, listed, shown

__all__ = ["app"]

app: Final = commands("Groups of calls that ring at once or one after another: list, show and end them.")
GroupId = Annotated[UUID, typer.Argument(metavar="GROUP", help="Id of a groupcall.")]


@app.command("list")
def list_groups(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
) -> None:
    """List groupcalls."""
    with session() as client:
        listed(
            (each for each in client.list_groupcalls() if every or each.status != "hangup"),
            {
                "id": lambda each: each.id,
                "to": lambda each: [address_name(one) for one in each.destinations],
                "rings": lambda each: each.ring_method,
                "status": lambda each: each.status,
                "answered by": lambda each: each.answer_call_id if each.answer_call_id.int else "",
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("show")
def show_group(group: GroupId) -> None:
    """Show a groupcall."""
    with session() as client:
        shown(client.get_groupcall(group))


@app.command("hangup")
def hang_up_group(group: GroupId) -> None:
    """Hang up all calls of a groupcall."""
    with session() as client:
        ended = client.hang_up_groupcall(group)
        line(f"{ended.id} is {ended.status}", id=ended.id, status=ended.status)
