"""Fetcher: brings what a flow wants played from the network; it goes where webhooks may go, and no further."""

from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from mixminus.delivery.targets import open_public
from mixminus.sound.errors import SoundNotFound, SoundTooLarge

__all__ = ["Fetcher"]

_TIMEOUT: Final = ClientTimeout(total=30, sock_connect=10, sock_read=15)
_REDIRECTS: Final = 3
_CONNECTIONS: Final = 16
_OK: Final = 200
_PIECE: Final = 1 << 16


class Fetcher:
    """Owns its connections, made with the first URL."""

    def __init__(self, *, private_targets: bool) -> None:
        self._private_targets = private_targets
        self._session: ClientSession | None = None

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """Return the body; SoundNotFound if there is none, SoundTooLarge as soon as it is too long."""
        try:
            async with self._opened().get(url, max_redirects=_REDIRECTS + 1) as response:
                if response.status != _OK:
                    raise SoundNotFound(f"the URL answers {response.status}")
                body = bytearray()
                async for piece in response.content.iter_chunked(_PIECE):
                    body += piece
                    if len(body) > max_bytes:
                        raise SoundTooLarge(f"the URL's answer is larger than {max_bytes} bytes")
                return bytes(body)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise SoundNotFound("the URL cannot be fetched") from error

    async def close(self) -> None:
        """Drop the connections; closing twice is harmless."""
        if self._session:
            await self._session.close()

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(
                    limit=_CONNECTIONS, socket_factory=None if self._private_targets else open_public
                ),
                timeout=_TIMEOUT,
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": "mixminus"},
            )
        return self._session
