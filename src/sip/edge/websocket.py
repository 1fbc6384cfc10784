"""A secure WebSocket of a phone, one SIP message in each of its messages (RFC 7118)."""

import asyncio
from dataclasses import replace
from typing import Final

from mixminus.sip.edge.connection import PARTIAL_S, Connection, ConnectionOwner
from mixminus.sip.edge.message import Unparseable
from mixminus.sip.edge.websocket_framing import WebSocketFraming, message_frame, ping_frame

__all__ = ["PING_S", "WebSocketConnection"]

PING_S: Final = 30.0
_SILENT_S: Final = 3.5 * PING_S
"""A browser answers each ping by itself; without three pongs it is gone."""
_KEEP_ALIVE: Final = b"\r\n\r\n"


class WebSocketConnection(Connection):
    """Opened by the phone alone; kept alive by pings of ours (RFC 7118 section 6)."""

    def __init__(self, network: ConnectionOwner) -> None:
        super().__init__(network)
        self._websocket = WebSocketFraming()
        self._pinged_at_s = self.heard_at_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.flow = replace(self.flow, transport="WSS")

    def deadline_s(self, *, known: bool) -> float:
        """Return when the connection is closed unless more comes; ``known`` makes no difference."""
        if self._websocket.partial or not self._websocket.open:
            return self._begun_at_s + PARTIAL_S
        return self.heard_at_s + _SILENT_S

    def keep_alive(self, now_s: float) -> None:
        """Send a ping when it is time."""
        if self._websocket.open and now_s - self._pinged_at_s >= PING_S:
            self._pinged_at_s = now_s
            super().write(ping_frame())

    def data_received(self, data: bytes) -> None:
        now_s = self._network.clock.monotonic_s()
        if not self._websocket.partial and self._websocket.open:
            self._begun_at_s = now_s
        try:
            messages = self._websocket.feed(data)
        except Unparseable:
            self._network.lost_sync()
            messages = []
        if self._websocket.open:
            self.heard_at_s = now_s
        for reply in self._websocket.replies:
            super().write(reply)
        self._websocket.replies.clear()
        for message in messages:
            self._take(message)
        if self._websocket.closed:
            self.close()

    def write(self, message: bytes) -> bool:
        """Send a SIP message; return False and abort the connection if the phone does not read."""
        return super().write(message_frame(message))

    def _take(self, message: bytes) -> None:
        if message == _KEEP_ALIVE:
            self.write(b"\r\n")  # RFC 5626 section 3.5.1
        elif message.strip(b"\r\n"):
            self._messages += 1
            self._network.received(message, self.flow)
