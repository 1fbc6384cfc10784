"""``mixminus rooms listeners`` and ``stop-listener``: who hears a room by WHEP without being in it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from mixminus.cli.common import session
from mixminus.cli.output import age, line, listed
from mixminus.cli.rooms import RoomName, room_of

__all__ = ["COMMANDS"]


def list_listeners(room: RoomName) -> None:
    """List the listeners of a room, oldest first."""
    with session() as client:
        listed(
            client.list_listeners(room_of(client, room).id).result,
            {
                "id": lambda each: each.id,
                "name": lambda each: each.name,
                "since": lambda each: age(each.tm_create),
            },
        )


def stop_listener(
    room: RoomName,
    listener: Annotated[UUID, typer.Argument(metavar="LISTENER", help="Id of a listener.")],
) -> None:
    """End a listener; it may come again unless the room is locked."""
    with session() as client:
        client.stop_listening(room_of(client, room).id, listener)
        line(f"{listener} has ended", id=listener)


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "listeners": list_listeners,
    "stop-listener": stop_listener,
}
"""By their names in ``mixminus rooms``."""
