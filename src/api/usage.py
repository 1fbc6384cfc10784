"""/usage, an extension of the API: the time of participants in rooms, by day and room, as JSON and as CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final, cast, get_args
from uuid import UUID

from aiohttp import hdrs, web

from mixminus.api.conventions import IDENTIFIER, PAGE_SIZE
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.pagination import page_size
from mixminus.api.paths import query_id
from mixminus.model.usage import Grouping, Usage, UsageSpan
from mixminus.wire.usage import RunningView, UsageView
from mixminus.wire.view import View

__all__ = ["resource"]

DAY: Final = {"type": "string", "format": "date"}
CSV: Final = "text/csv"
COLUMNS: Final = ("day", "conference_id", "conference_name", "participants", "seconds", "minutes", "credits")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would execute at the beginning of a cell."""
SPAN: Final = (
    Parameter("query", "since", "The first day, of UTC.", DAY),
    Parameter("query", "until", "The last day, included.", DAY),
    Parameter("query", "conference_id", "Only this room.", IDENTIFIER),
    Parameter(
        "query",
        "by",
        "What a row is about: a room on a day, all rooms on a day, or a room on all days.",
        {"type": "string", "enum": list(get_args(Grouping)), "default": "day_room"},
    ),
)

resource: Final = Resource("Usage")
operation = partial(Operation, resource)


class UsageReport(View):
    """A page of usage, the newest day first, and what goes on now."""

    result: list[UsageView]
    next_page_token: str
    """The `page_token` of the next request; empty on the last page."""
    running: RunningView


@operation(
    "GET",
    "/usage",
    "List usage",
    parameters=(
        *SPAN,
        PAGE_SIZE,
        Parameter("query", "page_token", "The `next_page_token` of the page before."),
    ),
)
async def list_usage(call: ApiCall) -> UsageReport:
    """The time of participants in rooms. It is counted when they leave, on each day (UTC) that it falls on; what
    participants that are in rooms have used so far is in `running`.
    """
    usage, query = call.services.usage, call.request.query
    page = await usage.reports.page(
        call.customer_id, _span(call), _grouping(call), query.get("page_token", ""), page_size(call.request)
    )
    _, running = await usage.balances.get(call.customer_id)
    return UsageReport.model_validate(
        {"result": page.rows, "next_page_token": page.next_token, "running": running}
    )


@operation(
    "GET",
    "/usage/export",
    "Export usage",
    parameters=SPAN,
    answers=(Answer(description="All rows, with a line of column names (RFC 4180).", media_type=CSV),),
)
async def export_usage(call: ApiCall) -> web.StreamResponse:
    """The same rows as CSV, all of them."""
    span, grouping = _span(call), _grouping(call)
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: f"{CSV}; charset=utf-8; header=present",
            hdrs.CONTENT_DISPOSITION: 'attachment; filename="usage.csv"',
            hdrs.CACHE_CONTROL: "private",
        }
    )
    first = True
    async for rows in call.services.usage.reports.all(call.customer_id, span, grouping):
        if first:
            await response.prepare(call.request)
        await response.write(_csv(rows, header=first))
        first = False
    await response.write_eof()
    return response


def _csv(rows: Sequence[Usage], *, header: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(COLUMNS)
    for row in rows:
        name = f"'{row.conference_name}" if row.conference_name.startswith(FORMULA) else row.conference_name
        writer.writerow(
            (
                row.day or "",
                row.conference_id or "",
                name,
                row.participants,
                f"{row.seconds:.3f}",
                row.minutes,
                row.credits,
            )
        )
    return text.getvalue().encode()


def _span(call: ApiCall) -> UsageSpan:
    conference_id: UUID | None = query_id(call.request, "conference_id")
    return UsageSpan(_day(call, "since"), _day(call, "until"), conference_id)


def _day(call: ApiCall, name: str) -> date | None:
    text = call.request.query.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidRequestParameter(f"{name} must be a day, such as 2026-11-29") from None


def _grouping(call: ApiCall) -> Grouping:
    word = call.request.query.get("by", "") or "day_room"
    if word not in get_args(Grouping):
        raise InvalidRequestParameter(f"by must be one of {', '.join(get_args(Grouping))}")
    return cast(Grouping, word)
