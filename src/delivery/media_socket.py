"""Sockets of media streams: MediaSocket adapts a WebSocket, MediaConnector opens one to a program.

Outgoing connections are allowed to the same addresses as webhooks (``outgoing``).
"""

from http import HTTPStatus
from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientWebSocketResponse,
    ClientWSTimeout,
    InvalidURL,
    WSCloseCode,
    WSMsgType,
    WSServerHandshakeError,
    web,
)

from mixminus.delivery.outgoing import LazySession, TargetRefused
from mixminus.errors import InvalidArgument, Unavailable

__all__ = ["CLOSE_S", "MAX_MESSAGE_BYTES", "MediaConnector", "MediaSocket"]

CLOSE_S: Final = 5.0
MAX_MESSAGE_BYTES: Final = 1 << 25
"""A quarter of an hour of audio at 16 kHz in one message, which is what a stream may send ahead."""
MAX_CONNECTIONS: Final = 1000
SCHEMES: Final = ("ws://", "wss://")
PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals below 500 after which another attempt may succeed."""


class MediaSocket:
    """A WebSocket of aiohttp as ``streams.carrier.Socket``."""

    def __init__(self, socket: web.WebSocketResponse | ClientWebSocketResponse[bool]) -> None:
        self._socket = socket

    async def send(self, message: str | bytes) -> None:
        """Send a text or a binary message; ConnectionError once it is closed."""
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)

    async def receive(self) -> str | bytes | None:
        """Return the next message; None when the connection is closed."""
        message = await self._socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            content: str | bytes = message.data
            return content
        return None

    @property
    def closed_normally(self) -> bool:
        """Whether the far end has closed it with 1000 (RFC 6455 section 7.4.1)."""
        return self._socket.close_code == WSCloseCode.OK

    async def close(self) -> None:
        """Close the connection; closing twice is harmless."""
        await self._socket.close()


class MediaConnector:
    """Opens the WebSockets of media streams to programs; implements ``streams.agents.Connector``."""

    def __init__(self, *, private_targets: bool) -> None:
        self._session = LazySession(connections=MAX_CONNECTIONS, private_targets=private_targets)

    async def connect(self, url: str) -> MediaSocket:
        """Open a WebSocket.

        Raises InvalidArgument if the URL is not allowed or refuses for good (4xx), Unavailable if another attempt
        may succeed.
        """
        if not url.lower().startswith(SCHEMES):
            raise InvalidArgument("url: is neither ws nor wss")
        try:
            socket = await self._session.get().ws_connect(
                url, timeout=ClientWSTimeout(ws_close=CLOSE_S), max_msg_size=MAX_MESSAGE_BYTES
            )
        except ClientConnectorError as exc:
            if isinstance(exc.os_error, TargetRefused):
                raise InvalidArgument("url: leads to a private address, which is refused") from exc
            raise Unavailable("url: the connection failed") from exc
        except WSServerHandshakeError as exc:
            raise _refusal(exc.status) from exc
        except (InvalidURL, ValueError) as exc:
            raise InvalidArgument("url: is not a valid URL") from exc
        except (ClientError, TimeoutError, OSError) as exc:
            raise Unavailable("url: the handshake failed") from exc
        return MediaSocket(socket)

    async def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        await self._session.close()


def _refusal(status: int) -> InvalidArgument | Unavailable:
    text = f"url: answers {status} instead of 101 to the WebSocket handshake"
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in PASSING:
        return InvalidArgument(text)
    return Unavailable(text)
