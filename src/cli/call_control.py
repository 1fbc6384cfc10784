"""Commands for one live call in ``mixminus calls``: mute, hold, music, recording and transfer."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.calls import CallId, address, address_name
from mixminus.cli.common import session
from mixminus.cli.output import line

__all__ = ["COMMANDS"]

Direction = Annotated[
    Literal["in", "out", "both"], typer.Option(help="in: not heard by others; out: does not hear them.")
]
Stopped = Annotated[bool, typer.Option("--stop", help="End it.")]


def mute(call: CallId, direction: Direction = "in") -> None:
    """Mute a call."""
    with session() as client:
        client.mute_call(call, direction=direction)
        line(f"{call} is muted", id=call)


def unmute(call: CallId, direction: Direction = "both") -> None:
    """Unmute a call."""
    with session() as client:
        client.unmute_call(call, direction=direction)
        line(f"{call} is not muted", id=call)


def hold(call: CallId) -> None:
    """Put a call on hold."""
    with session() as client:
        client.hold_call(call)
        line(f"{call} is on hold", id=call)


def resume(call: CallId) -> None:
    """Resume a call that is on hold."""
    with session() as client:
        client.resume_call(call)
        line(f"{call} continues", id=call)


def music(call: CallId, stop: Stopped = False) -> None:
    """Play hold music to a call, until it is stopped."""
    with session() as client:
        (client.stop_music_to_call if stop else client.play_music_to_call)(call)
        line("stopped" if stop else "plays", id=call)


def silence(call: CallId, stop: Stopped = False) -> None:
    """Send silence to a call, until it is stopped."""
    with session() as client:
        (client.end_silence_of_call if stop else client.silence_call)(call)
        line("stopped" if stop else "silent", id=call)


def record(
    call: CallId,
    stop: Stopped = False,
    format: Annotated[
        Literal["wav", "flac", "ogg", "mp3", "m4a"], typer.Option(help="Format of the file.")
    ] = "wav",
) -> None:
    """Record a call, until it ends or is stopped."""
    with session() as client:
        recorded = (
            client.stop_call_recording(call) if stop else client.start_call_recording(call, format=format)
        )
        line("stopped" if stop else f"records {recorded.recording_id}", id=recorded.recording_id)


def transfer(
    call: CallId,
    destinations: Annotated[
        list[str], typer.Argument(metavar="DESTINATION...", help="Numbers, sip: URIs, or extensions.")
    ],
    attended: Annotated[
        bool, typer.Option("--attended", help="Both stay in the room until the call is hung up.")
    ] = False,
) -> None:
    """Transfer a call: who answers takes its place in its room."""
    with session() as client:
        placed = client.transfer_call(
            call,
            transfer_type="attended" if attended else "blind",
            transferee_addresses=[address(each) for each in destinations],
        )
        for each in placed.calls:
            line(
                f"{each.id}  {address_name(each.destination)}  {each.status}", id=each.id, status=each.status
            )
        for group in placed.groupcalls:
            line(f"{group.id}  {group.status}", id=group.id, status=group.status)


def delete(
    call: Annotated[UUID, typer.Argument(metavar="CALL", help="Id of a call that has ended.")],
) -> None:
    """Delete the record of a call; a live call is hung up first."""
    with session() as client:
        line(f"deleted {client.delete_call(call).id}", id=call)


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "mute": mute,
    "unmute": unmute,
    "hold": hold,
    "resume": resume,
    "music": music,
    "silence": silence,
    "record": record,
    "transfer": transfer,
    "delete": delete,
}
"""By their names in ``mixminus calls``."""
