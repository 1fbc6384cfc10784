"""``mixminus nodes``: the servers that share a database."""

from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import age, listed, shown

__all__ = ["app"]

app: Final = commands("Nodes: the servers that share a PostgreSQL database.")


@app.command("list")
def list_nodes() -> None:
    """List the nodes, with those that went lately; `*` marks the one that answers."""
    with session() as client:
        found = client.list_nodes()
        listed(
            found.result,
            {
                "id": lambda each: each.id,
                "here": lambda each: "*" if each.id == found.here else "",
                "address": lambda each: each.address,
                "state": lambda each: each.state,
                "rooms": lambda each: each.rooms,
                "calls": lambda each: each.calls,
                "version": lambda each: each.version,
                "age": lambda each: age(each.tm_start),
            },
        )


@app.command("drain")
def drain_node(node_id: Annotated[UUID, typer.Argument(help="as `mixminus nodes list` shows it")]) -> None:
    """Make a node take no new calls, and give its rooms to others, each when it is empty."""
    with session() as client:
        shown(client.drain_node(node_id))


@app.command("undrain")
def undrain_node(node_id: Annotated[UUID, typer.Argument(help="as `mixminus nodes list` shows it")]) -> None:
    """Make a node take new calls again."""
    with session() as client:
        shown(client.undrain_node(node_id))
