"""``mixminus events``: what happens, as it happens."""

from itertools import islice
from typing import Annotated, Final

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line

__all__ = ["app"]

app: Final = commands("Events: follow them as they come.")


@app.command("tail")
def tail(
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only events whose type begins with this.")
    ] = None,
    after: Annotated[int | None, typer.Option(help="Begin behind the event with this id.")] = None,
    count: Annotated[int | None, typer.Option(help="End after this many events.")] = None,
) -> None:
    """Print events until Ctrl-C; a lost connection is opened again, and none is left out."""
    with session() as client:
        wanted = (
            event for event in client.events(after=after) if not types or event.type.startswith(tuple(types))
        )
        for event in islice(wanted, count):
            name = event.data.get("name") or event.data.get("label") or ""
            status = event.data.get("status", "")
            line(
                f"{event.id:>8}  {event.type:32} {event.data.get('id', '')}  {status}  {name}".rstrip(),
                **event.model_dump(),
            )
