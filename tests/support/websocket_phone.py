"""A SIP phone over a secure WebSocket, by aiohttp's client: it names itself as browsers do, by a host in ``.invalid``."""

import asyncio
import ssl

import aiohttp

from tests.support.closing import close_at_the_end
from tests.support.hosts import bracketed
from tests.support.sip_phone import Phone

__all__ = ["WebSocketPhone"]


class WebSocketPhone(Phone):
    """One WebSocket to one server."""

    session: aiohttp.ClientSession
    websocket: aiohttp.ClientWebSocketResponse

    @classmethod
    async def connect(cls, port: int, tls: ssl.SSLContext, *, host: str = "127.0.0.1") -> "WebSocketPhone":
        phone = cls(host, port, "WSS", ("a1b2c3.invalid", 0))
        phone.session = aiohttp.ClientSession()
        phone.websocket = await phone.session.ws_connect(
            f"https://{bracketed(host)}:{port}/sip",
            protocols=("sip",),
            ssl=tls,
            autoping=True,
        )
        phone._reader = asyncio.create_task(phone._messages())
        close_at_the_end(phone.close)
        return phone

    async def close(self) -> None:
        """Close the WebSocket; closing twice is harmless."""
        reader, self._reader = self._reader, None
        if reader:
            reader.cancel()
            await self.websocket.close()
            await self.session.close()

    def send(self, message: str | bytes) -> None:
        text = message if isinstance(message, str) else message.decode()
        self._sending = asyncio.create_task(self.websocket.send_str(text))

    async def _messages(self) -> None:
        async for message in self.websocket:
            assert message.type is aiohttp.WSMsgType.TEXT, message
            self.take(message.data.encode())
