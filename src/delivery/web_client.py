"""WebClient: what flows ask of the network, with the limits of webhooks (api.md section 11)."""

from typing import Final

from aiohttp import ClientConnectorError, ClientError, ClientSession, InvalidURL, hdrs

from mixminus.delivery.outward import MAX_REDIRECTS, SCHEMES, open_session, read_body
from mixminus.delivery.targets import TargetRefused
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.flow.services import WebAnswer, WebRequest

__all__ = ["WebClient"]

CONNECTIONS: Final = 100
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
                max_redirects=MAX_REDIRECTS,
            ) as response:
                body = await read_body(response, max_bytes=MAX_BODY_BYTES)
        except ClientConnectorError as exc:
            if isinstance(exc.os_error, TargetRefused):
                raise InvalidArgument("uri: leads to a private address, which is refused") from exc
            raise Unavailable("uri: nobody answers there") from exc
        except (InvalidURL, ValueError) as exc:
            raise InvalidArgument("uri: is none") from exc
        except (ClientError, TimeoutError, OSError) as exc:
            raise Unavailable("uri: the answer did not come, or broke off") from exc
        if body is None:
            raise Unavailable(f"uri: the answer has more than {MAX_BODY_BYTES} bytes")
        return WebAnswer(response.status, body)

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = open_session(connections=CONNECTIONS, private_targets=self._private_targets)
        return self._session
