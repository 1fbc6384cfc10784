"""``mixminus captions``: what is said in a room, as it is recognised."""

from typing import Annotated

import typer

from mixminus.cli.common import session
from mixminus.cli.output import line
from mixminus.cli.rooms import RoomName, room_of

__all__ = ["captions"]


def captions(
    room: RoomName,
    partials: Annotated[bool, typer.Option(help="Also the texts so far of utterances that go on.")] = False,
    after: Annotated[int | None, typer.Option(help="Begin behind the event with this id.")] = None,
    language: Annotated[
        str, typer.Option(help="Texts in this language, BCP 47, where they are translated to it.")
    ] = "",
) -> None:
    """Print what is said in a room that is transcribed, until the room ends or Ctrl-C."""
    with session() as client:
        id = room_of(client, room).id
        for caption in client.captions(id, partials=partials, after=after, language=language):
            more = "" if caption.final else " ..."
            line(f"{_clock(caption.start_s)}  {caption.name}: {caption.text}{more}", **caption.model_dump())


def _clock(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{left:02}"
