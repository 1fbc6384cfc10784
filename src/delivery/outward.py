"""How this server asks others by HTTP: the same limits for webhooks, flows and sounds (api.md section 11)."""

from typing import Final

from aiohttp import ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, hdrs

from mixminus.delivery.targets import open_public

__all__ = ["MAX_REDIRECTS", "SCHEMES", "open_session", "read_body"]

# Connecting includes TLS.
TIMEOUT: Final = ClientTimeout(total=30, sock_connect=10, sock_read=15)
# Three are followed: aiohttp refuses the redirect whose number is the limit, not the one after it.
MAX_REDIRECTS: Final = 4
SCHEMES: Final = ("http://", "https://")
PIECE_BYTES: Final = 1 << 16


def open_session(*, connections: int, private_targets: bool) -> ClientSession:
    """Return a session of at most so many connections, to public addresses only unless all are allowed."""
    return ClientSession(
        connector=TCPConnector(limit=connections, socket_factory=None if private_targets else open_public),
        timeout=TIMEOUT,
        cookie_jar=DummyCookieJar(),
        headers={hdrs.USER_AGENT: "mixminus"},
    )


async def read_body(response: ClientResponse, *, max_bytes: int) -> bytes | None:
    """Return the body, or None as soon as it is longer than ``max_bytes``."""
    body = bytearray()
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        body += piece
        if len(body) > max_bytes:
            return None
    return bytes(body)
