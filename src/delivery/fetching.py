"""Fetcher: brings what a flow wants played from the network; it goes where webhooks may go, and no further."""

from http import HTTPStatus
from typing import Final

from aiohttp import ClientError, ClientSession

from mixminus.delivery.outward import MAX_REDIRECTS, open_session, read_body
from mixminus.sound.errors import SoundNotFound, SoundTooLarge

__all__ = ["Fetcher"]

CONNECTIONS: Final = 16


class Fetcher:
    """Owns its connections, made with the first URL."""

    def __init__(self, *, private_targets: bool) -> None:
        self._private_targets = private_targets
        self._session: ClientSession | None = None

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """Return the body; SoundNotFound if there is none, SoundTooLarge as soon as it is too long."""
        try:
            async with self._opened().get(url, max_redirects=MAX_REDIRECTS) as response:
                if response.status != HTTPStatus.OK:
                    raise SoundNotFound(f"the URL answers {response.status}")
                body = await read_body(response, max_bytes=max_bytes)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise SoundNotFound("the URL cannot be fetched") from error
        if body is None:
            raise SoundTooLarge(f"the URL's answer is larger than {max_bytes} bytes")
        return body

    async def close(self) -> None:
        """Drop the connections; closing twice is harmless."""
        if self._session:
            await self._session.close()

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = open_session(connections=CONNECTIONS, private_targets=self._private_targets)
        return self._session
