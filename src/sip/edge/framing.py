"""Cutting a byte stream into SIP messages by their Content-Length (RFC 3261 section 18.3)."""

import re

from mixminus.sip.edge.message import MAX_MESSAGE_BYTES, Unparseable

__all__ = ["StreamFramer"]

_CONTENT_LENGTH = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,6})[ \t]*\r\n", re.IGNORECASE)


class StreamFramer:
    """Holds what has come of the next message, never more than MAX_MESSAGE_BYTES."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[bytes]:
        """Return the messages that are complete; raise Unparseable when the stream cannot be followed."""
        self._buffer += received
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            raise Unparseable("a message is too large")
        return messages

    @property
    def partial(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._buffer)

    def _next(self) -> bytes | None:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_MESSAGE_BYTES)
        if end < 0:
            return None
        length = _CONTENT_LENGTH.search(self._buffer, 0, end + 4)
        if not length:
            raise Unparseable("no Content-Length on a stream")
        total = end + 4 + int(length[1])
        if total > MAX_MESSAGE_BYTES:
            raise Unparseable("a message is too large")
        if len(self._buffer) < total:
            return None
        message = bytes(self._buffer[:total])
        del self._buffer[:total]
        return message
