"""Spans of calls, requests and deliveries, as the library's exporter in memory receives them from real services."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_trace_id

from mixminus.api.application import build
from mixminus.app.open_telemetry import MAX_REMEMBERED, OpenTelemetry
from mixminus.model.access import CustomerSpec
from mixminus.model.ids import new_id
from mixminus.telemetry import NO_TELEMETRY, TRACEPARENT, Telemetry, current_span
from tests.support.backend import EVERYTHING, Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until
from tests.support.webhook_receiver import Received, WebhookReceiver, open_receiver

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{PARENT}-01"
ATTRIBUTES = {
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "mixminus.action_id",
    "mixminus.call_id",
    "mixminus.conference_id",
    "mixminus.conferencecall_id",
    "mixminus.customer_id",
    "mixminus.event_id",
    "mixminus.event_type",
    "mixminus.hangup_reason",
    "mixminus.leg_id",
    "mixminus.refused_with",
    "mixminus.request_id",
    "mixminus.skipped",
}


@dataclass
class Observed:
    """A backend with telemetry, and the spans that have ended."""

    backend: Backend
    receiver: WebhookReceiver
    exporter: InMemorySpanExporter

    def spans(self, name: str = "") -> list[ReadableSpan]:
        """Return the spans in the order of their ends."""
        return [span for span in self.exporter.get_finished_spans() if name in ("", span.name)]

    async def span(self, name: str) -> ReadableSpan:
        """Wait for the only span of a name."""
        await until(lambda: self.spans(name))
        (span,) = self.spans(name)
        return span

    async def received(self, type_: str) -> Received:
        """Wait for the only event of a type, and for the end of its delivery's span."""
        await until(lambda: type_ in self.receiver.types and self.delivery(type_))
        (found,) = [each for each in self.receiver.received if each.type == type_]
        return found

    def delivery(self, type_: str) -> ReadableSpan | None:
        """Return the last delivery of an event of a type."""
        found = [each for each in self.spans("deliver webhook") if said(each, "mixminus.event_type") == type_]
        return found[-1] if found else None


@pytest.fixture
async def observed(tmp_path: Path) -> AsyncIterator[Observed]:
    exporter = InMemorySpanExporter()
    telemetry = OpenTelemetry(SimpleSpanProcessor(exporter))
    async with (
        open_receiver() as receiver,
        open_backend(tmp_path, ManualClock(), telemetry=telemetry) as backend,
    ):
        spec = CustomerSpec(webhook_method="POST", webhook_uri=receiver.uri)
        await backend.services.access.customers.update(backend.customer_id, spec)
        await backend.services.delivery.start()
        yield Observed(backend, receiver, exporter)
    await telemetry.close()


@asynccontextmanager
async def api(observed: Observed) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    """Serve the API of the backend."""
    key = await observed.backend.services.access.keys.renew(observed.backend.customer_id, "key")
    headers = {"Authorization": f"Bearer {key}"}
    async with TestClient(TestServer(build(observed.backend.services)), headers=headers) as client:
        yield client


def said(span: ReadableSpan, name: str) -> object:
    return (span.attributes or {}).get(name)


def trace_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context
    return format_trace_id(context.trace_id)


def parent_of(span: ReadableSpan, spans: list[ReadableSpan]) -> str:
    """Return the name of the span's parent; empty if none of these."""
    ids = {each.context.span_id: each.name for each in spans if each.context}
    return ids.get(span.parent.span_id, "") if span.parent else ""


async def test_a_call_is_a_trace_from_the_invite_to_joined(observed: Observed) -> None:
    backend = observed.backend
    room = await backend.room()
    (leg,) = await backend.join(room)
    join = await observed.span("join")
    assert [said(join, name) for name in ("mixminus.conference_id", "mixminus.conferencecall_id")] == [
        str(room.id),
        str((await backend.joined(room))[0]),
    ]
    leg.bye()
    call = await observed.span("call")
    spans = [each for each in observed.spans() if each.name != "deliver webhook"]
    assert {each.name: parent_of(each, spans) for each in spans} == {
        "call": "",
        "route": "call",
        "action answer": "call",
        "answer": "action answer",
        "action conference_join": "call",
        "admit": "action conference_join",
        "join": "action conference_join",
    }
    assert {trace_of(each) for each in spans} == {trace_of(call)}
    assert {each.status.status_code for each in spans} == {StatusCode.UNSET}
    assert (call.kind, said(call, "mixminus.leg_id")) == (SpanKind.SERVER, str(leg.id))
    assert said(call, "mixminus.hangup_reason") == "normal"
    (row,) = await backend.calls.list(backend.customer_id, EVERYTHING)
    assert said(call, "mixminus.call_id") == str(row.id)


async def test_a_refused_call_is_a_trace_with_its_status(observed: Observed) -> None:
    await observed.backend.dial(new_id())
    call = await observed.span("call")
    assert said(call, "mixminus.refused_with") == 404
    assert said(call, "mixminus.call_id") is None


async def test_webhooks_continue_the_trace_of_their_call(observed: Observed) -> None:
    backend = observed.backend
    (leg,) = await backend.join(await backend.room())
    joined = await observed.received("conferencecall_joined")
    leg.bye()
    ended = await observed.received("call_hangup")
    call = await observed.span("call")
    for got in (joined, ended):
        delivery = observed.delivery(got.type)
        assert delivery and delivery.context and delivery.parent and call.context
        assert delivery.parent.span_id == call.context.span_id
        assert (delivery.kind, said(delivery, "http.response.status_code")) == (SpanKind.CLIENT, 200)
        version, trace, parent, flags = got.headers[TRACEPARENT].split("-")
        assert (version, trace, parent) == ("00", trace_of(call), f"{delivery.context.span_id:016x}")
        assert int(flags, 16) & 1, "sampled"


async def test_a_delivery_without_a_call_begins_a_trace(observed: Observed) -> None:
    await observed.backend.room()
    got = await observed.received("conference_created")
    delivery = observed.delivery("conference_created")
    assert delivery and delivery.parent is None
    assert got.headers[TRACEPARENT].split("-")[1] == trace_of(delivery)


async def test_an_attempt_that_is_not_accepted_is_a_failed_span(observed: Observed) -> None:
    observed.receiver.answer(404)
    await observed.backend.room()
    await observed.received("conference_created")
    delivery = observed.delivery("conference_created")
    assert delivery and delivery.status.status_code is StatusCode.ERROR
    assert said(delivery, "http.response.status_code") == 404


async def test_a_request_continues_its_client_s_trace_into_the_call_that_it_makes(observed: Observed) -> None:
    destination = {"type": "sip", "target": "bob@trunk.example"}
    body = {"source": {"type": "tel", "target": "+15550100"}, "destinations": [destination], "actions": []}
    async with api(observed) as client:
        async with client.post("/v1.0/calls", json=body, headers={TRACEPARENT: GIVEN}) as response:
            assert response.status in (200, 201), await response.text()
        request = await observed.span("POST /v1.0/calls")
        assert request.parent and f"{request.parent.span_id:016x}" == PARENT
        assert said(request, "mixminus.request_id") == response.headers["X-Request-Id"]
    await until(lambda: observed.backend.exchange.legs)
    observed.backend.exchange.legs[0].bye()
    call = await observed.span("call")
    assert (call.kind, parent_of(call, observed.spans())) == (SpanKind.CLIENT, "POST /v1.0/calls")
    assert {trace_of(request), trace_of(call)} == {TRACE}


@pytest.mark.parametrize("traceparent", ["", "nonsense", f"00-{'0' * 32}-{PARENT}-01", "00-" + "f" * 9000])
async def test_a_malformed_traceparent_begins_a_trace(observed: Observed, traceparent: str) -> None:
    async with (
        api(observed) as client,
        client.get("/v1.0/conferences", headers={TRACEPARENT: traceparent[:4000]}) as response,
    ):
        assert response.status == 200
    request = await observed.span("GET /v1.0/conferences")
    assert request.parent is None


async def test_what_a_client_sends_is_in_no_name(observed: Observed) -> None:
    async with api(observed) as client, client.request("PROPFIND", "/v1.0/secret?key=secret") as response:
        assert response.status == 404
    request = await observed.span("request")
    assert said(request, "http.request.method") == "_OTHER"
    assert not {"secret", "propfind"} & set(re.findall(r"\w+", request.to_json().lower()))


async def test_spans_have_ids_and_states_but_no_numbers_names_or_secrets(observed: Observed) -> None:
    (leg,) = await observed.backend.join(await observed.backend.room())
    leg.bye()
    await observed.received("call_hangup")
    await observed.span("call")
    for span in observed.spans():
        attributes: Mapping[str, object] = span.attributes or {}
        assert set(attributes) <= ATTRIBUTES
        assert not any("alice" in str(value) for value in attributes.values())
        assert not span.events


async def test_the_traces_that_are_remembered_are_bounded() -> None:
    telemetry = OpenTelemetry(SimpleSpanProcessor(InMemorySpanExporter()))
    first = UUID(int=1)
    with telemetry.span("call"):
        current_span().remember(first)
        assert telemetry.traceparent_of(first) == current_span().headers[TRACEPARENT]
        for number in range(2, MAX_REMEMBERED + 2):
            telemetry.remember(UUID(int=number), GIVEN)
    assert telemetry.traceparent_of(first) == ""
    assert telemetry.traceparent_of(UUID(int=2)) == GIVEN
    await telemetry.close()


async def test_a_failure_is_marked_by_its_class_alone() -> None:
    exporter = InMemorySpanExporter()
    telemetry = OpenTelemetry(SimpleSpanProcessor(exporter))
    with pytest.raises(ValueError), telemetry.span("call"), current_span().child("step"):
        raise ValueError("+15550100")
    step, call = exporter.get_finished_spans()
    for span in (step, call):
        assert (span.status.status_code, said(span, "error.type")) == (StatusCode.ERROR, "ValueError")
        assert "15550100" not in span.to_json()
    await telemetry.close()


async def test_without_telemetry_nothing_is_recorded_or_sent(tmp_path: Path) -> None:
    telemetry: Telemetry = NO_TELEMETRY
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(open_receiver())
        backend = await stack.enter_async_context(open_backend(tmp_path, ManualClock(), telemetry=telemetry))
        spec = CustomerSpec(webhook_method="POST", webhook_uri=receiver.uri)
        await backend.services.access.customers.update(backend.customer_id, spec)
        await backend.services.delivery.start()
        await backend.join(await backend.room())
        await until(lambda: "conferencecall_joined" in receiver.types)
    assert [each.headers.get(TRACEPARENT) for each in receiver.received] == [None] * len(receiver.received)
    with telemetry.span("call") as span:
        assert span is current_span()
        with span.child("step") as step:
            assert step is span
