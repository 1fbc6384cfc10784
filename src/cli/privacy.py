"""``mixminus privacy``: what the server has of one person."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import line, shown

__all__ = ["app"]

app: Final = commands("What the server has of one person: export and erase it.")
Party = Annotated[str, typer.Argument(metavar="PARTY", help="A number, an extension or a SIP address.")]


@app.command("export")
def export(party: Party, path: Annotated[Path, typer.Argument(help="File to write, JSON lines.")]) -> None:
    """Save what the server has of a person: calls, transcripts, chat, recordings."""
    with session() as client:
        path.write_bytes(client.export_person(party=party).body)
        line(f"saved {path}", file=path)


@app.command("erase")
def erase(
    party: Party,
    rooms: Annotated[
        Literal["stems", "delete", "keep"],
        typer.Option(help="Recordings of rooms: delete the person's stems, or all of each, or nothing."),
    ] = "stems",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase what the server has of a person, for good, and show what was done."""
    if not yes:
        typer.confirm(f"Erase all of {party} for good?", abort=True)
    with session() as client:
        shown(client.erase_person(party=party, rooms=rooms))
