"""``mixminus speakings``: text that is said to a call or a room, piece by piece."""

from typing import Annotated, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, line, listed, shown
from mixminus.cli.rooms import room_of
from mixminus.client.generated.models import Speaking
from mixminus.client.request import UNSET

__all__ = ["app"]

app: Final = commands("Speakings: say text to a call or a room piece by piece, as a program makes it.")
SpeakingId = Annotated[UUID, typer.Argument(metavar="SPEAKING", help="Id of a speaking.")]


@app.command("open")
def open_speaking(
    room: Annotated[str, typer.Option("--room", help="Id or name of a room.")] = "",
    call: Annotated[UUID | None, typer.Option("--call", help="Id of a call.")] = None,
    language: Annotated[str, typer.Option(help="BCP 47; empty for the server's.")] = "",
    provider: Annotated[str, typer.Option(help="Of the speech; empty for the server's.")] = "",
    voice: Annotated[str, typer.Option(help="Id of a voice of the provider.")] = "",
    direction: Annotated[
        Literal["in", "both"] | None,
        typer.Option(help="Of a call: it alone hears it, or all others in its room too."),
    ] = None,
) -> None:
    """Open a speaking of a call or a room, and print its id; it says nothing yet."""
    if bool(room) == bool(call):
        raise Failed("name one room or one call: --room ROOM, or --call CALL")
    with session() as client:
        _state(
            client.create_speaking(
                reference_type="call" if call else "conference",
                reference_id=call or room_of(client, room).id,
                language=language or UNSET,
                provider=provider or UNSET,
                voice_id=voice or UNSET,
                direction=direction or UNSET,
            )
        )


@app.command("list")
def list_speakings() -> None:
    """List speakings that are active, or stopped lately."""
    with session() as client:
        listed(
            client.list_speakings(),
            {
                "id": lambda each: each.id,
                "of": lambda each: "call" if each.reference_type == "call" else "room",
                "its id": lambda each: each.reference_id,
                "language": lambda each: each.language,
                "direction": lambda each: each.direction,
                "status": lambda each: each.status,
                "age": lambda each: age(each.tm_create),
            },
        )


@app.command("show")
def show_speaking(speaking: SpeakingId) -> None:
    """Show a speaking."""
    with session() as client:
        shown(client.get_speaking(speaking))


@app.command("say")
def say(
    speaking: SpeakingId, text: Annotated[str, typer.Argument(help="Plain text, or SSML with breaks.")]
) -> None:
    """Say a text, after what was sent before; does not wait until it was said."""
    with session() as client:
        line("queued", id=client.say_in_speaking(speaking, text=text).id)


@app.command("flush")
def flush(speaking: SpeakingId) -> None:
    """Discard the texts that wait, and the one that is said now; the speaking stays active."""
    with session() as client:
        line("flushed", id=client.flush_speaking(speaking).id)


@app.command("stop")
def stop(speaking: SpeakingId) -> None:
    """Stop a speaking at once."""
    with session() as client:
        _state(client.stop_speaking(speaking))


def _state(speaking: Speaking) -> None:
    line(f"{speaking.id} is {speaking.status}", id=speaking.id, status=speaking.status)
