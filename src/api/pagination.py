"""Lists, newest first, page by page (api.md section 1.4)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from aiohttp import web

from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.store.page import MAX_PAGE_SIZE, Page
from mixminus.store.timestamps import TimestampStyle, format_time, parse_time

__all__ = ["page_of", "page_response", "page_size"]

WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class Created(Protocol):
    """What a list holds: things with the time of their creation."""

    @property
    def tm_create(self) -> datetime: ...


Row = TypeVar("Row", bound=Created)


def page_of(request: web.Request, now: datetime) -> Page:
    """Return the page that the query asks for; the first one begins now."""
    token = request.query.get("page_token", "")
    return Page(size=page_size(request), before=parse_time(token) if token else now)


def page_response(
    rows: Sequence[Row],
    page: Page,
    style: TimestampStyle,
    render: Callable[[Row, TimestampStyle], dict[str, Any]],
) -> web.Response:
    """Answer with a page, and with the token of the next one unless this was the last."""
    token = format_time(rows[-1].tm_create, style) if len(rows) == page.size else ""
    return json_response({"result": [render(row, style) for row in rows], "next_page_token": token})


def page_size(request: web.Request) -> int:
    """Return how many rows the query asks for; what is out of range means the most."""
    text = request.query.get("page_size", "")
    if not WHOLE_NUMBER.fullmatch(text or "0"):
        raise InvalidRequestParameter("page_size must be a whole number")
    size = int(text or "0")
    return size if 1 <= size <= MAX_PAGE_SIZE else MAX_PAGE_SIZE
