"""``mixminus runs``: flows that run, for a call or without one."""

import itertools
from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, line, listed, shown

__all__ = ["app"]

app: Final = commands("Runs of flows: start, list, show and stop them.")
RunId = Annotated[UUID, typer.Argument(metavar="RUN", help="Id of a run (an activeflow).")]


@app.command("start")
def start_run(
    flow: Annotated[UUID, typer.Argument(metavar="FLOW", help="Id of a flow.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A variable; may be repeated.")
    ] = None,
) -> None:
    """Run a flow without a call."""
    variables = dict(_variable(each) for each in set_ or [])
    with session() as client:
        run = client.create_activeflow(flow_id=flow, variables=variables)
        line(f"{run.id} is {run.status}", id=run.id, status=run.status)


@app.command("list")
def list_runs(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    count: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
) -> None:
    """List runs, newest first."""
    with session() as client:
        found = (run for run in client.list_activeflows() if every or run.status == "running")
        listed(
            itertools.islice(found, count),
            {
                "id": lambda run: run.id,
                "flow": lambda run: run.flow_id,
                "of": lambda run: run.reference_type,
                "status": lambda run: run.status,
                "action": lambda run: run.current_action.get("type", ""),
                "age": lambda run: age(run.tm_create),
            },
        )


@app.command("show")
def show_run(run: RunId) -> None:
    """Show a run, with the actions that it has executed."""
    with session() as client:
        shown(client.get_activeflow(run))


@app.command("stop")
def stop_run(run: RunId) -> None:
    """Stop a run."""
    with session() as client:
        stopped = client.stop_activeflow(run)
        line(f"{stopped.id} is {stopped.status}", id=stopped.id, status=stopped.status)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Failed(f"{text} is no variable: write --set NAME=VALUE")
    return name, value
