"""WebSockets of the API: their addresses, and what a refused or lost connection raises."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from mixminus.client.errors import ConnectionFailed
from mixminus.client.request import checked

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["BROKEN", "opening", "raise_refusal", "target"]

BROKEN: Final = (ConnectionClosed, WebSocketException, OSError)
"""What a connection raises that is refused or lost."""


def target(
    client: "Client | AsyncClient", path: str, query: Mapping[str, object]
) -> tuple[str, dict[str, Any]]:
    """Return the address of a WebSocket, and the options of its connection."""
    parameters = dict(query)
    if client.customer_id:
        parameters["customer_id"] = client.customer_id
    url = f"ws{client.url.removeprefix('http')}{path}"
    if parameters:
        url += f"?{urlencode(parameters)}"
    options: dict[str, Any] = {"additional_headers": client.headers(), "max_size": None}
    if url.startswith("wss"):
        options["ssl"] = client.verify
    return url, options


def raise_refusal(error: Exception) -> None:
    """Raise the ApiError of a refused handshake; return for anything else."""
    if isinstance(error, InvalidStatus):
        checked(error.response.status_code, bytes(error.response.body or b""))


@contextmanager
def opening(url: str) -> Iterator[None]:
    """Raise what fails while a connection opens or is used as an ApiError or as ConnectionFailed."""
    try:
        yield
    except BROKEN as error:
        raise_refusal(error)
        raise ConnectionFailed(f"the connection to {url.partition('?')[0]} failed: {error}") from error
