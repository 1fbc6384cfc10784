"""``mixminus profiles``: servers by name."""

from pathlib import Path
from typing import Annotated, Final

import typer

from mixminus.cli import profiles as stored
from mixminus.cli.common import Failed, commands
from mixminus.cli.output import line, records
from mixminus.cli.profiles import Profile

__all__ = ["profiles"]

profiles: Final = commands(
    "Profiles: addresses and keys of several servers. `default` is used without --profile."
)
SHOWN: Final = 6
"""Characters of a key that are shown."""


@profiles.command("list")
def list_profiles() -> None:
    """List stored servers; of a key only the beginning is shown."""
    rows = [
        {"name": name, "url": each.url, "key": f"{each.key[:SHOWN]}..." if each.key else ""}
        for name, each in stored.profiles().items()
    ]
    records(rows)


@profiles.command("add")
def add_profile(
    name: str,
    address: Annotated[str, typer.Argument(metavar="URL", help="Address of the server.")],
    access_key: Annotated[
        str, typer.Option("--access-key", prompt=True, hide_input=True, help="Asked for if it is left out.")
    ],
    authority: Annotated[
        Path | None, typer.Option(help="Root certificate of a server that has its own: its /ca.pem.")
    ] = None,
) -> None:
    """Store a server under a name, in a file that only you can read."""
    root = str(authority.resolve()) if authority else ""
    stored.add(name, Profile(address.rstrip("/"), access_key, root))
    line(f"stored {name} in {stored.path()}", name=name, file=stored.path())


@profiles.command("remove")
def remove_profile(name: str) -> None:
    """Remove a stored server."""
    if not stored.remove(name):
        raise Failed(f"there is no profile {name}: `mixminus profiles list` shows all")
    line(f"removed {name}", name=name)
