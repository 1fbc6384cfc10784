"""Ports that hear a room without a seat in it."""

from mixminus.conference.room import Room
from mixminus.mixer import BridgePort
from mixminus.model.ids import ListenerId

__all__ = ["begin_to_hear", "cease_to_hear"]


def begin_to_hear(room: Room, listener_id: ListenerId, port: BridgePort) -> None:
    """Let a port hear a room; whispers are kept from it before it hears anything.

    Raises TooManyExceptions if they cannot be; then, too, ``cease_to_hear`` has to follow.
    """
    room.listeners.add(listener_id, port)
    room.hearing.refresh()
    port.join(room.bridge)


def cease_to_hear(room: Room, listener_id: ListenerId) -> None:
    """Forget a port; its owner closes it."""
    room.listeners.remove(listener_id)
    if not room.over.done():
        room.hearing.refresh()
