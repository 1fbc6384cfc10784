"""Frame: an event as WebSocket clients get it, rendered once for all of them."""

from dataclasses import dataclass

from mixminus.delivery.topics import topics_of
from mixminus.store.outbox import Event
from mixminus.wire.event import EventView, body_of

__all__ = ["Frame"]


@dataclass(frozen=True, slots=True)
class Frame:
    """Both forms of one event, and the topics it answers."""

    id: int
    topics: tuple[str, ...]
    plain: str
    numbered: str

    @classmethod
    def of(cls, event: Event) -> "Frame":
        """Render an event."""
        numbered = EventView.of(event).model_dump_json()
        return cls(event.id, topics_of(event), body_of(event).decode(), numbered)
