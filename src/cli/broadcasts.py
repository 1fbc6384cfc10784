"""``mixminus rooms broadcast``, ``broadcasts`` and ``stop-broadcast``: rooms sent to many by HLS or Icecast."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from mixminus.cli.common import session
from mixminus.cli.output import age, line, listed
from mixminus.cli.rooms import RoomName, room_of

__all__ = ["COMMANDS"]


def start_broadcast(
    room: RoomName,
    icecast: Annotated[
        str, typer.Option(metavar="URL", help="Send it to this mount of an Icecast server.")
    ] = "",
    user: Annotated[str, typer.Option(help="Of a source, at the Icecast server.")] = "source",
    password: Annotated[str, typer.Option(help="Of a source; asked for if it is left out.")] = "",
) -> None:
    """Broadcast a room by low-latency HLS, and print the path of the playlist; or to an Icecast server."""
    if icecast:
        password = password or typer.prompt("Password", hide_input=True)
    with session() as client:
        room_id = room_of(client, room).id
        if icecast:
            begun = client.start_broadcast(
                room_id, protocol="icecast", url=icecast, user=user, password=password
            )
        else:
            begun = client.start_broadcast(room_id)
        line(f"{begun.id} is {begun.status}: {begun.url or begun.path}", **begun.model_dump(mode="json"))


def list_broadcasts(room: RoomName) -> None:
    """List the broadcasts of a room, oldest first, also those that ended lately."""
    with session() as client:
        listed(
            client.list_broadcasts(room_of(client, room).id).result,
            {
                "id": lambda each: each.id,
                "status": lambda each: each.status,
                "path": lambda each: each.url or each.path,
                "error": lambda each: each.error,
                "age": lambda each: age(each.tm_create),
            },
        )


def stop_broadcast(
    broadcast: Annotated[UUID, typer.Argument(metavar="BROADCAST", help="Id of a broadcast.")],
) -> None:
    """Stop a broadcast: players hear what they have."""
    with session() as client:
        stopped = client.stop_broadcast(broadcast)
        line(f"{stopped.id} is {stopped.status}", id=stopped.id, status=stopped.status)


COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "broadcast": start_broadcast,
    "broadcasts": list_broadcasts,
    "stop-broadcast": stop_broadcast,
}
"""By their names in ``mixminus rooms``."""
