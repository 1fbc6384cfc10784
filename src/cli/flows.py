"""``mixminus flows``: lists of actions that calls run; ``validate`` needs no server."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, line, listed, shown
from mixminus.errors import MixMinusError

__all__ = ["app"]

app: Final = commands("Flows: the actions that calls run.")
FlowFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="A list of actions in JSON, or a flow with the key `actions`; - is stdin."
    ),
]


@app.command("list")
def list_flows() -> None:
    """List flows."""
    with session() as client:
        listed(
            client.list_flows(),
            {
                "id": lambda flow: flow.id,
                "name": lambda flow: flow.name,
                "actions": lambda flow: len(flow.actions),
                "age": lambda flow: age(flow.tm_create),
            },
        )


@app.command("show")
def show_flow(flow: Annotated[UUID, typer.Argument(metavar="FLOW", help="Id of a flow.")]) -> None:
    """Show a flow."""
    with session() as client:
        shown(client.get_flow(flow))


@app.command("create")
def create_flow(
    file: FlowFile, name: Annotated[str, typer.Option(help="Its name, instead of the one in the file.")] = ""
) -> None:
    """Create a flow from a file."""
    read = _read(file)
    with session() as client:
        shown(
            client.create_flow(
                name=name or read.get("name", ""), detail=read.get("detail", ""), actions=read["actions"]
            )
        )


@app.command("replace")
def replace_flow(
    flow: Annotated[UUID, typer.Argument(metavar="FLOW", help="Id of a flow.")], file: FlowFile
) -> None:
    """Replace the actions of a flow by those of a file; calls that run it continue with the old ones."""
    read = _read(file)
    with session() as client:
        old = client.get_flow(flow)
        shown(
            client.update_flow(
                flow,
                name=read.get("name", old.name),
                detail=read.get("detail", old.detail),
                on_complete_flow_id=old.on_complete_flow_id,
                actions=read["actions"],
            )
        )


@app.command("delete")
def delete_flow(flow: Annotated[UUID, typer.Argument(metavar="FLOW", help="Id of a flow.")]) -> None:
    """Delete a flow."""
    with session() as client:
        deleted = client.delete_flow(flow)
        line(f"deleted {deleted.name or deleted.id}", id=deleted.id)


@app.command("validate")
def validate(file: FlowFile) -> None:
    """Check the actions of a file as the server would, without a server: an error names its path."""
    from mixminus.flow.actions.catalogue import CATALOGUE  # noqa: PLC0415 -- other commands start without it

    actions = _read(file)["actions"]
    try:
        CATALOGUE.normalise(actions)
    except MixMinusError as error:
        raise Failed(str(error)) from None
    line(f"valid: {len(actions)} actions", valid=True, actions=len(actions))


def _read(file: Path) -> dict[str, Any]:
    """Return the flow of a file, with a list of actions."""
    try:
        read = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8"))
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Failed(f"{file} is not JSON: {error}") from None
    flow = {"actions": read} if isinstance(read, list) else read
    if not isinstance(flow, dict) or not isinstance(flow.get("actions"), list):
        raise Failed(f"{file} holds neither a list of actions nor a flow with the key actions")
    return flow
