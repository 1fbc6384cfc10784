"""Lists, newest first, page by page (api.md section 1.4)."""

import functools
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from aiohttp import web
from pydantic import create_model

from mixminus.api.errors import InvalidRequestParameter
from mixminus.store.page import MAX_PAGE_SIZE, Page
from mixminus.store.timestamps import TimestampStyle, format_time, parse_time
from mixminus.wire.view import View

__all__ = ["page_model", "page_of", "page_size", "page_view"]

WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class PageView(View):
    """A page of a list, newest first."""

    result: list[Any]
    next_page_token: str
    """The `page_token` of the next request; empty on the last page."""


@functools.cache
def page_model(view: type[View]) -> type[PageView]:
    """Return the view of a page of these."""
    name = view.__name__.removesuffix("View") + "Page"
    return create_model(name, __base__=PageView, __doc__=PageView.__doc__, result=(list[view], ...))  # type: ignore[valid-type]


def page_of(request: web.Request, now: datetime) -> Page:
    """Return the requested page; the first page starts now."""
    token = request.query.get("page_token", "")
    return Page(size=page_size(request), before=parse_time(token) if token else now)


def page_view(view: type[View], rows: Sequence[Any], page: Page, style: TimestampStyle) -> PageView:
    """Return a page of a list, with the token of the next page unless this is the last one."""
    token = format_time(rows[-1].tm_create, style) if len(rows) == page.size else ""
    return page_model(view).model_validate({"result": rows, "next_page_token": token})


def page_size(request: web.Request) -> int:
    """Return the requested number of rows; a number that is out of range means the maximum."""
    text = request.query.get("page_size", "")
    if not WHOLE_NUMBER.fullmatch(text or "0"):
        raise InvalidRequestParameter("page_size must be a whole number")
    size = int(text or "0")
    return size if 1 <= size <= MAX_PAGE_SIZE else MAX_PAGE_SIZE
