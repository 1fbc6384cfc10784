"""Lists, newest first, page by page (api.md section 1.4)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from aiohttp import web

from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.store.page import Page

__all__ = ["page_of", "page_response"]

MAX_SIZE: Final = 100
TOKEN_FORMATS: Final = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S.%f")


class Created(Protocol):
    """What a list holds: things with the time of their creation."""

    @property
    def tm_create(self) -> datetime: ...


Row = TypeVar("Row", bound=Created)


def page_of(request: web.Request, now: datetime) -> Page:
    """Return the page that the query asks for; the first one begins now."""
    size = _size(request.query.get("page_size", ""))
    token = request.query.get("page_token", "")
    return Page(size=size, before=_before(token) if token else now)


def page_response(
    rows: Sequence[Row],
    page: Page,
    render: Callable[[Row], dict[str, Any]],
    timestamp: Callable[[datetime], str],
) -> web.Response:
    """Answer with a page, and with the token of the next one unless this was the last."""
    token = timestamp(rows[-1].tm_create) if len(rows) == page.size else ""
    return json_response({"result": [render(row) for row in rows], "next_page_token": token})


def _size(text: str) -> int:
    try:
        size = int(text or MAX_SIZE)
    except ValueError:
        raise InvalidRequestParameter("page_size must be a whole number") from None
    return size if 1 <= size <= MAX_SIZE else MAX_SIZE


def _before(text: str) -> datetime:
    for layout in TOKEN_FORMATS:
        try:
            return datetime.strptime(text, layout).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise InvalidRequestParameter("page_token must be a next_page_token of this list")
