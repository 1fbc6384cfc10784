"""``mixminus calls trace`` and ``mixminus traces``: what a phone and the server have said to each other."""

import time
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from mixminus.cli.common import Failed, commands, is_json, session
from mixminus.cli.output import age, console, line, listed, shown
from mixminus.client import Client
from mixminus.client.generated.models import Trace

__all__ = ["app", "trace"]

app: Final = commands("Traces of calls: list, save, stop and delete them.")
TraceId = Annotated[UUID, typer.Argument(metavar="TRACE", help="Id of a trace.")]
File = Annotated[
    Path, typer.Argument(help="File to write: .pcapng for Wireshark, .html for a ladder diagram.")
]
_POLL_S: Final = 0.25
_FORMS: Final = (".pcapng", ".html")


def trace(
    call: Annotated[UUID | None, typer.Argument(metavar="[CALL]", help="Id of a live call.")] = None,
    number: Annotated[str, typer.Option(help="The next calls from or to this number or user.")] = "",
    peer: Annotated[str, typer.Option(help="The next calls from or to this IP address.")] = "",
    calls: Annotated[int, typer.Option("--calls", help="How many of the next calls.")] = 1,
    seconds: Annotated[int, typer.Option("--for", help="Seconds; 0 for the server's default.")] = 0,
    save: Annotated[
        Path | None,
        typer.Option(help="File to write when it has ended, by itself or by Ctrl-C: .pcapng or .html."),
    ] = None,
) -> None:
    """Trace a live call, or the next calls of a number or an address: SIP and audio quality."""
    if (call is None) == (not number and not peer):
        raise Failed("name a live call, or --number or --peer for the next calls")
    if save:
        _form(save)
    with session() as client:
        if call:
            begun = client.trace_call(call, duration=seconds)
        else:
            begun = client.create_trace(number=number, peer=peer, calls=calls, duration=seconds)
        if not save:
            line(f"{begun.id} is {begun.status}", id=begun.id, status=begun.status)
            return
        ended = _wait(client, begun)
        _save(client, ended.id, save)
        line(f"traced {ended.messages} messages into {save}", id=ended.id, file=save, messages=ended.messages)


@app.command("list")
def list_traces() -> None:
    """List traces."""
    with session() as client:
        listed(
            client.list_traces(),
            {
                "id": lambda each: each.id,
                "of": lambda each: each.number or each.peer or each.call_id,
                "status": lambda each: each.status,
                "calls": lambda each: len(each.call_ids),
                "messages": lambda each: each.messages,
                "ended": lambda each: each.end_reason,
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("show")
def show_trace(trace: TraceId) -> None:
    """Show a trace."""
    with session() as client:
        shown(client.get_trace(trace))


@app.command("save")
def save_trace(trace: TraceId, path: File) -> None:
    """Save a trace as a file; of a running one, what it has so far."""
    _form(path)
    with session() as client:
        _save(client, trace, path)
        line(f"saved {path}", id=trace, file=path)


@app.command("stop")
def stop_trace(trace: TraceId) -> None:
    """Stop a trace; it keeps what it has."""
    with session() as client:
        ended = client.stop_trace(trace)
        line(f"{ended.id} is {ended.status}", id=ended.id, status=ended.status)


@app.command("delete")
def delete_trace(trace: TraceId) -> None:
    """Delete a trace and all that it has."""
    with session() as client:
        line(f"deleted {client.delete_trace(trace).id}", id=trace)


def _wait(client: Client, begun: Trace) -> Trace:
    """Wait for a trace's end; Ctrl-C ends it."""
    if not is_json():
        console.print(f"tracing as {begun.id}, until its end or Ctrl-C", markup=False)
    try:
        while (found := client.get_trace(begun.id)).status != "ended":
            time.sleep(_POLL_S)
        return found
    except KeyboardInterrupt:
        found = client.get_trace(begun.id)
        return found if found.status == "ended" else client.stop_trace(begun.id)


def _form(path: Path) -> str:
    if path.suffix not in _FORMS:
        raise Failed(f"{path}: name a file that ends with {' or '.join(_FORMS)}")
    return path.suffix


def _save(client: Client, id: UUID, path: Path) -> None:
    answer = client.show_trace(id) if _form(path) == ".html" else client.download_trace(id)
    path.write_bytes(answer.body)
