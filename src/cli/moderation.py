"""Commands of a moderator in ``mixminus rooms``: the lobby, raised hands, chat messages, and pauses of a recording."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import typer

from mixminus.cli.common import session
from mixminus.cli.output import age, line, listed
from mixminus.cli.rooms import RoomName, room_of
from mixminus.client import Client
from mixminus.client.generated.models import Conferencecall

__all__ = ["COMMANDS"]

_COLUMNS: Final = {
    "id": lambda each: each.id,
    "label": lambda each: each.label,
    "role": lambda each: each.role,
    "since": lambda each: age(each.tm_create),
}


def lobby(room: RoomName) -> None:
    """List the participants that wait in the lobby, the longest waiting first."""
    with session() as client:
        listed(_present(client, room, lambda each: each.waiting), _COLUMNS)


def admit(room: RoomName) -> None:
    """Admit all participants that wait in the lobby."""
    with session() as client:
        admitted = client.admit_all(room_of(client, room).id).result
        line(f"{len(admitted)} admitted", count=len(admitted), ids=[str(each.id) for each in admitted])


def hands(
    room: RoomName,
    lower: Annotated[bool, typer.Option("--lower", help="Lower all of them.")] = False,
) -> None:
    """List the participants whose hand is raised."""
    with session() as client:
        raised = _present(client, room, lambda each: each.hand_raised)
        if lower:
            raised = [client.change_conferencecall(each.id, hand_raised=False) for each in raised]
        listed(raised, _COLUMNS)


def delete_message(
    message: Annotated[UUID, typer.Argument(metavar="MESSAGE", help="Id of a chat message.")],
) -> None:
    """Delete a chat message."""
    with session() as client:
        deleted = client.delete_chat_message(message)
        line(f"deleted {deleted.id}", id=deleted.id)


def pause(
    room: RoomName,
    mode: Annotated[
        Literal["silence", "cut"], typer.Option(help="What the recording has instead of the pause.")
    ] = "silence",
) -> None:
    """Pause the recording of a room."""
    with session() as client:
        paused = client.pause_recording(room_of(client, room).id, mode=mode)
        line(f"{paused.recording_id} is paused", id=paused.recording_id)


def resume(room: RoomName) -> None:
    """Resume the recording of a room."""
    with session() as client:
        resumed = client.resume_recording(room_of(client, room).id)
        line(f"{resumed.recording_id} continues", id=resumed.recording_id)


def _present(client: Client, room: str, wanted: Callable[[Conferencecall], bool]) -> list[Conferencecall]:
    """Return the participants that are in a room or before it, the oldest first."""
    found = client.list_conferencecalls(conference_id=room_of(client, room).id)
    return [each for each in reversed(list(found)) if each.status != "leaved" and wanted(each)]


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "lobby": lobby,
    "admit": admit,
    "hands": hands,
    "delete-message": delete_message,
    "pause": pause,
    "resume": resume,
}
"""By their names in ``mixminus rooms``."""
