"""``mixminus streams``, ``rooms stream`` and ``calls stream``: media streams whose WebSocket the server opens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, get_args
from uuid import UUID

import typer

from mixminus.cli.calls import CallId
from mixminus.cli.common import Failed, commands, session
from mixminus.cli.output import age, line, listed, shown
from mixminus.cli.rooms import RoomName, room_of
from mixminus.client.client import SampleRate
from mixminus.client.generated.models import MediaStream
from mixminus.client.request import UNSET, Unset

__all__ = ["CALL_COMMANDS", "ROOM_COMMANDS", "app"]

app: Final = commands("Media streams that connect rooms and calls to programs: show and stop them.")
StreamId = Annotated[UUID, typer.Argument(metavar="STREAM", help="Id of a media stream.")]
Url = Annotated[str, typer.Argument(metavar="URL", help="Of the program: ws:// or wss://.")]
Protocol = Annotated[Literal["mixminus", "twilio"], typer.Option(help="Of the messages.")]
Encapsulation = Annotated[
    Literal["sln", "rtp", "audiosocket"], typer.Option(help="Of the audio, with mixminus.")
]
Rate = Annotated[Literal["8000", "16000", "24000", "48000"], typer.Option(help="In Hz; twilio has 8000.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="For the program; repeatable.")
]
RoomListen = Literal["mix", "participant", "mix_minus"]


def stream_room(
    room: RoomName,
    program: Url,
    protocol: Protocol = "mixminus",
    encapsulation: Encapsulation = "sln",
    sample_rate: Rate = "8000",
    listen: Annotated[
        str, typer.Option(help="mix; participant=ID: one alone; mix_minus=ID: all but one.")
    ] = "mix",
    parameter: Parameters = None,
) -> None:
    """Connect a room to a program: all in the room hear what it sends."""
    heard, participant = _heard(listen)
    parameters = _parameters(parameter)
    with session() as client:
        _state(
            client.start_conference_stream(
                room_of(client, room).id,
                url=program,
                protocol=protocol,
                encapsulation=encapsulation,
                sample_rate=_hz(sample_rate),
                listen=heard,
                conferencecall_id=participant,
                parameters=parameters,
            )
        )


def stream_call(
    call: CallId,
    program: Url,
    protocol: Protocol = "mixminus",
    encapsulation: Encapsulation = "sln",
    sample_rate: Rate = "8000",
    listen: Annotated[
        Literal["in", "out", "both"], typer.Option(help="in: what it says; out: what it hears.")
    ] = "in",
    parameter: Parameters = None,
) -> None:
    """Connect a call to a program: the call alone hears what it sends."""
    parameters = _parameters(parameter)
    with session() as client:
        _state(
            client.start_call_stream(
                call,
                url=program,
                protocol=protocol,
                encapsulation=encapsulation,
                sample_rate=_hz(sample_rate),
                listen=listen,
                parameters=parameters,
            )
        )


def list_room_streams(room: RoomName) -> None:
    """List the media streams of a room, oldest first, also those that ended lately."""
    with session() as client:
        _table(client.list_conference_streams(room_of(client, room).id).result)


def list_call_streams(call: CallId) -> None:
    """List the media streams of a call, oldest first, also those that ended lately."""
    with session() as client:
        _table(client.list_call_streams(call).result)


@app.command("show")
def show_stream(stream: StreamId) -> None:
    """Show a media stream, with the reason of a failure."""
    with session() as client:
        shown(client.get_media_stream(stream))


@app.command("stop")
def stop_stream(stream: StreamId) -> None:
    """Stop a media stream: the program gets the last message, and its connection is closed."""
    with session() as client:
        _state(client.stop_media_stream(stream))


def _state(stream: MediaStream) -> None:
    line(f"{stream.id} is {stream.status}", id=stream.id, status=stream.status)


def _table(streams: Iterable[MediaStream]) -> None:
    listed(
        streams,
        {
            "id": lambda each: each.id,
            "status": lambda each: each.status,
            "url": lambda each: each.url,
            "protocol": lambda each: each.protocol,
            "listen": lambda each: each.listen,
            "rate": lambda each: each.sample_rate,
            "connections": lambda each: each.connections,
            "error": lambda each: each.error,
            "age": lambda each: age(each.tm_create),
        },
    )


def _heard(text: str) -> tuple[RoomListen, UUID | Unset]:
    """Return what a program hears of a room, and the participant whom that is about."""
    word, _, participant = text.partition("=")
    for each in get_args(RoomListen):
        if word == each and bool(participant) == (each != "mix"):
            return each, _participant(participant)
    raise Failed(f"--listen {text} is not known: write mix, participant=ID or mix_minus=ID")


def _participant(text: str) -> UUID | Unset:
    try:
        return UUID(text) if text else UNSET
    except ValueError:
        raise Failed(f"{text} is no id: `mixminus participants list ROOM` shows them") from None


def _hz(text: str) -> SampleRate:
    return next(each for each in get_args(SampleRate) if str(each) == text)


def _parameters(texts: list[str] | None) -> dict[str, str]:
    pairs = [each.partition("=") for each in texts or []]
    for name, equals, value in pairs:
        if not name or not equals:
            raise Failed(f"{name}{equals}{value} is no parameter: write --parameter NAME=VALUE")
    return {name: value for name, _, value in pairs}


ROOM_COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "stream": stream_room,
    "streams": list_room_streams,
}
"""By their names in ``mixminus rooms``."""
CALL_COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "stream": stream_call,
    "streams": list_call_streams,
}
"""By their names in ``mixminus calls``."""
