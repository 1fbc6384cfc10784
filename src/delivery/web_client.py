"""WebClient: what flows ask of the network, with the limits of webhooks (api.md section 11)."""

from typing import Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
    hdrs,
)

from mixminus.delivery.targets import TargetRefused, open_public
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.flow.web import WebAnswer, WebRequest

__all__ = ["WebClient"]

TIMEOUT: Final = ClientTimeout(total=30, sock_connect=10, sock_read=15)
REDIRECTS: Final = 3
CONNECTIONS: Final = 100
SCHEMES: Final = ("http://", "https://")
METHODS: Final = frozenset(["GET", "POST", "PUT", "PATCH", "DELETE"])
MAX_BODY_BYTES: Final = 1 << 20


class WebClient:
    """Implements ``flow.web.Web``; owns its connections."""

    def __init__(self, *, private_targets: bool) -> None:
        self._private_targets = private_targets
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Drop the connections; closing twice is harmless."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, request: WebRequest) -> WebAnswer:
        """Return status and body; an answer of more than a mebibyte is Unavailable, too."""
        if not request.uri.lower().startswith(SCHEMES):
            raise InvalidArgument("uri: is neither http nor https")
        if request.method not in METHODS:
            raise InvalidArgument(f"method: is none of {', '.join(sorted(METHODS))}")
        try:
            async with self._opened().request(
                request.method,
                request.uri,
                data=request.body,
                headers={hdrs.CONTENT_TYPE: request.content_type},
                max_redirects=REDIRECTS + 1,
            ) as response:
                return WebAnswer(response.status, await _body(response))
        except ClientConnectorError as exc:
            if isinstance(exc.os_error, TargetRefused):
                raise InvalidArgument("uri: leads to a private address, which is refused") from exc
            raise Unavailable("uri: nobody answers there") from exc
        except (InvalidURL, ValueError) as exc:
            raise InvalidArgument("uri: is none") from exc
        except (ClientError, TimeoutError, OSError) as exc:
            raise Unavailable("uri: the answer did not come, or broke off") from exc

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(
                    limit=CONNECTIONS, socket_factory=None if self._private_targets else open_public
                ),
                timeout=TIMEOUT,
                cookie_jar=DummyCookieJar(),
                headers={hdrs.USER_AGENT: "mixminus"},
            )
        return self._session


async def _body(response: ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(1 << 16):
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise Unavailable(f"uri: the answer has more than {MAX_BODY_BYTES} bytes")
    return bytes(body)
