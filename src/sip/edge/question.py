"""What the edge has for the server."""

from dataclasses import dataclass

from mixminus.sip.messages import Message

__all__ = ["ToServer"]


@dataclass(frozen=True, slots=True)
class ToServer:
    """A question or a report to the server."""

    message: Message
