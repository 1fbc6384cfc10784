"""``mixminus calls``: calls of phones and browsers, and calls out."""

from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import commands, session
from mixminus.cli.output import age, line, listed, shown
from mixminus.cli.rooms import room_of
from mixminus.client.generated.inputs import AddressBody
from mixminus.client.generated.models import Address
from mixminus.client.request import UNSET

__all__ = ["CallId", "address", "address_name", "app"]

app: Final = commands("Calls: list them, call somebody into a room, hang up.")
CallId = Annotated[UUID, typer.Argument(metavar="CALL", help="Id of a call.")]
_ENDED: Final = "hangup"


@app.command("list")
def list_calls(
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
) -> None:
    """List calls."""
    with session() as client:
        listed(
            (call for call in client.list_calls() if every or call.status != _ENDED),
            {
                "id": lambda call: call.id,
                "direction": lambda call: call.direction,
                "from": lambda call: address_name(call.source),
                "to": lambda call: address_name(call.destination),
                "status": lambda call: call.status,
                "age": lambda call: age(call.tm_create),
                "ended": lambda call: call.hangup_reason,
            },
        )


@app.command("show")
def show_call(call: CallId) -> None:
    """Show a call."""
    with session() as client:
        shown(client.get_call(call))


@app.command("dial")
def dial(
    room: Annotated[str, typer.Option("--room", help="Id or name of the room that they join.")],
    destinations: Annotated[
        list[str], typer.Argument(metavar="DESTINATION...", help="Numbers, sip: URIs, or extensions.")
    ],
    source: Annotated[str, typer.Option("--from", help="The number that they see.")] = "",
    machine_detection: Annotated[
        Literal["detect", "beep"] | None,
        typer.Option(help="Detect answering machines; with beep, follow one until its beep has ended."),
    ] = None,
) -> None:
    """Call people into a room."""
    with session() as client:
        join = {"type": "conference_join", "option": {"conference_id": str(room_of(client, room).id)}}
        placed = client.create_calls(
            source=address(source),
            destinations=[address(each) for each in destinations],
            actions=[join],
            machine_detection=machine_detection or UNSET,
        )
        for call in placed.calls:
            line(
                f"{call.id}  {address_name(call.destination)}  {call.status}", id=call.id, status=call.status
            )
        for group in placed.groupcalls:
            line(f"{group.id}  {group.status}", id=group.id, status=group.status)


@app.command("hangup")
def hang_up(call: CallId) -> None:
    """Hang up a call."""
    with session() as client:
        ended = client.hang_up_call(call)
        line(f"{ended.id} is {ended.status}", id=ended.id, status=ended.status)


@app.command("digits")
def send_digits(
    call: CallId,
    digits: Annotated[str, typer.Argument(help="0-9, A-D, * and #.")],
    duration: Annotated[int, typer.Option(help="Milliseconds of each digit.")] = 100,
) -> None:
    """Send DTMF digits to one call."""
    with session() as client:
        client.send_digits_to_call(call, digits=digits, duration=duration)
        line("sent", id=call)


@app.command("say")
def say(
    call: CallId,
    text: str,
    language: Annotated[str, typer.Option(help="BCP 47; empty for the server's.")] = "",
) -> None:
    """Say something to one call."""
    with session() as client:
        client.talk_to_call(call, text=text, language=language or UNSET)
        line("said", id=call)


def address(text: str) -> AddressBody:
    """Return the address of a text: +number, sip: URI, or an extension."""
    if not text:
        return {}
    if text.lower().startswith(("sip:", "sips:")):
        return {"type": "sip", "target": text.partition(":")[2]}
    is_number = text.removeprefix("+").isdecimal() and text.startswith("+")
    return {"type": "tel" if is_number else "extension", "target": text}


def address_name(shown: Address) -> str:
    """Return how a person calls an address."""
    return shown.target_name or shown.target or shown.name
