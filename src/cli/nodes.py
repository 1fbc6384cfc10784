"""``mixminus nodes``: the servers that share a database."""

import time
from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, listed, shown
from mixminus.client import Client
from mixminus.client.generated.models import Node
from mixminus.clock import SystemClock

__all__ = ["app"]

CLOCK: Final = SystemClock()
NodeId = Annotated[
    UUID | None, typer.Argument(help="as `mixminus nodes list` shows it; without it, the node that answers")
]
_POLL_S: Final = 2.0
"""Longer than a node takes to report its calls and rooms anew."""

app: Final = commands("Nodes: the servers that share a PostgreSQL database.")


@app.command("list")
def list_nodes() -> None:
    """List the nodes, with those that went lately; `*` marks the one that answers. The lease is its age in seconds."""
    with session() as client:
        found = client.list_nodes()
        listed(
            found.result,
            {
                "id": lambda each: each.id,
                "here": lambda each: "*" if each.id == found.here else "",
                "address": lambda each: each.address,
                "state": lambda each: each.state,
                "leader": lambda each: "*" if each.leader else "",
                "rooms": lambda each: each.rooms,
                "calls": lambda each: each.calls,
                "load": lambda each: f"{each.load:.0%}",
                "lease": lambda each: "" if each.state == "gone" else f"{each.lease_age_s:.1f}",
                "version": lambda each: each.version,
                "age": lambda each: age(each.tm_start),
            },
        )


@app.command("drain")
def drain_node(
    node_id: NodeId = None,
    wait: Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait until its last call has ended and its rooms are gone."),
    ] = 0,
) -> None:
    """Make a node take no new calls, and give its rooms to others, each when it is empty."""
    with session() as client:
        node = client.drain_node(node_id or client.list_nodes().here)
        if wait:
            node = _emptied(client, node, wait)
        shown(node)


@app.command("undrain")
def undrain_node(node_id: NodeId = None) -> None:
    """Make a node take new calls again."""
    with session() as client:
        shown(client.undrain_node(node_id or client.list_nodes().here))


def _emptied(client: Client, node: Node, seconds: float) -> Node:
    """Wait until a node has no calls, and has given its rooms to those that serve."""
    until = CLOCK.monotonic_s() + seconds
    while CLOCK.monotonic_s() < until:
        time.sleep(_POLL_S)
        nodes = client.list_nodes().result
        node = next((each for each in nodes if each.id == node.id), node)
        if node.state != "draining":
            raise Failed(f"{node.address} does not drain any more: it is {node.state}")
        if not node.calls and not (node.rooms and any(each.state == "serving" for each in nodes)):
            return node
    raise Failed(f"after {seconds:g} s {node.address} still has calls ({node.calls}) or rooms ({node.rooms})")
