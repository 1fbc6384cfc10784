"""/traces, and /calls/{id}/trace (api.md section 7.1): what passed between the server and the phones of calls."""

import ipaddress
from functools import partial
from typing import Annotated, Final

from aiohttp import hdrs, web
from pydantic import AfterValidator, Field

from mixminus.api import calls
from mixminus.api.body import MAX_SECONDS, Body, Text
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.call.errors import CallNotProgressing
from mixminus.model.ids import CallId, TraceId
from mixminus.model.permissions import ADMIN
from mixminus.model.trace import Trace
from mixminus.store.page import Page
from mixminus.trace.entries import Entry
from mixminus.trace.errors import NothingToTrace, TooManyTraces, TraceEnded, TraceNotFound, TraceUnavailable
from mixminus.trace.ladder import MEDIA_TYPE as PAGE
from mixminus.trace.ladder import page, policy
from mixminus.trace.pcapng import MEDIA_TYPE, pcapng
from mixminus.wire.trace import TraceView

__all__ = ["resource"]

MAX_CALLS: Final = 20
APPLICATION: Final = "mixminus"

resource: Final = Resource("Traces", view=TraceView, missing=(TraceNotFound,), permission=ADMIN)
operation = partial(Operation, resource)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise ValueError("must be an IP address") from None


class CallTraceBody(Body):
    """``duration`` is in seconds; 0 means the server's default."""

    duration: int = Field(0, ge=0, le=MAX_SECONDS)


class TraceBody(CallTraceBody):
    """At least one of ``number`` and ``peer`` is required; a call must match both."""

    number: Annotated[Text, Field(max_length=128, pattern=r"^\S*$")] = ""
    """Of the caller or the called party, with or without `+`; or the user of a SIP address, or an extension."""
    peer: Annotated[Text, AfterValidator(_address)] = ""
    """The IP address of the phone, the trunk or its proxy."""
    calls: int = Field(1, ge=1, le=MAX_CALLS)
    """How many calls are traced at most."""


@Operation(
    calls.resource,
    "POST",
    "/calls/{id}/trace",
    "Trace a call",
    optional_body=True,
    permission=ADMIN,
    errors=(CallNotProgressing, TooManyTraces, TraceUnavailable),
)
async def trace_call(call: ApiCall, body: CallTraceBody) -> TraceView:
    """Collects its SIP messages and the statistics of its audio from now on, until it ends, `duration` is over or the
    trace is full. A call of a browser has statistics only.
    """
    trace = await call.services.traces.trace_call(call.identity, CallId(call.id), body.duration)
    return TraceView.of(trace)


@operation(
    "POST", "/traces", "Trace the next calls", errors=(NothingToTrace, TooManyTraces, TraceUnavailable)
)
async def create_trace(call: ApiCall, body: TraceBody) -> Trace:
    """Waits for new calls of a number, or from or to an address, and collects their SIP messages from the first INVITE
    on. Only calls of this customer are collected: not those that the server refuses before it knows whose they are.
    """
    return await call.services.traces.trace_next(
        call.identity, number=body.number, peer=body.peer, calls=body.calls, duration_s=body.duration
    )


@operation("GET", "/traces", "List traces")
async def list_traces(call: ApiCall, page: Page) -> list[Trace]:
    return call.services.traces.list(call.customer_id, page)


@operation("GET", "/traces/{id}", "Get a trace")
async def get_trace(call: ApiCall) -> Trace:
    return call.services.traces.get(call.customer_id, TraceId(call.id))


@operation("POST", "/traces/{id}/stop", "Stop a trace", errors=(TraceEnded,))
async def stop_trace(call: ApiCall) -> Trace:
    """It keeps what it has."""
    return await call.services.traces.stop(call.identity, TraceId(call.id))


@operation("DELETE", "/traces/{id}", "Delete a trace", errors=(TraceUnavailable,))
async def delete_trace(call: ApiCall) -> Trace:
    """Stops it if it runs. Nothing of it is left."""
    return await call.services.traces.delete(call.identity, TraceId(call.id))


@operation(
    "GET",
    "/traces/{id}/pcapng",
    "Download a trace as a capture",
    answers=(Answer(description="A file for Wireshark and tshark.", media_type=MEDIA_TYPE),),
    errors=(TraceUnavailable,),
)
async def download_trace(call: ApiCall) -> web.Response:
    """SIP over UDP and TCP is in IP packets that are made for it, SIP inside of TLS in exported PDUs, and statistics are
    in JSON with a comment. Credentials, keys, passwords and digits are masked. Of a running trace: what it has so far.
    """
    trace_id = TraceId(call.id)
    body = await call.services.traces.download(call.identity, trace_id, _capture, form="pcapng")
    headers = {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="trace-{trace_id}.pcapng"',
        hdrs.CACHE_CONTROL: "private, no-store",
    }
    return web.Response(body=body, content_type=MEDIA_TYPE, headers=headers)


def _capture(trace: Trace, entries: list[Entry]) -> bytes:
    note = (
        f"trace {trace.id}: {trace.messages} SIP messages; credentials, keys, passwords and digits are masked"
    )
    return pcapng(
        entries, APPLICATION, note + (f"; {trace.dropped} messages are missing" if trace.dropped else "")
    )


@operation(
    "GET",
    "/traces/{id}/ladder",
    "Open a trace as a ladder diagram",
    answers=(Answer(description="A page without scripts, to look at and to keep.", media_type=PAGE),),
    errors=(TraceUnavailable,),
)
async def show_trace(call: ApiCall) -> web.Response:
    """Who has sent what to whom and when, the quality of the audio in between, and the text of every message, masked. Of a
    running trace: what it has so far.
    """
    body = await call.services.traces.download(call.identity, TraceId(call.id), page, form="ladder")
    headers = {
        hdrs.CONTENT_TYPE: f"{PAGE}; charset=utf-8",
        hdrs.CACHE_CONTROL: "private, no-store",
        "Content-Security-Policy": policy(),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(body=body, headers=headers)
