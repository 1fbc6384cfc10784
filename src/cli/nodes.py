"""``mixminus nodes``: the servers that share a database."""

from typing import Final

from mixminus.cli.common import commands, session
from mixminus.cli.output import age, listed

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
