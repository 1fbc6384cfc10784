"""OpenTelemetry: the telemetry that records spans and sends them to a collector by OTLP over HTTP.

The only module that imports the library (``mixminus[otel]``); imported only when telemetry is switched on. Spans wait in
a bounded queue of the library for its thread: when the collector is away, those that find no place are dropped.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mixminus.flow.stack import Finished, Jump
from mixminus.tasks import Interrupted
from mixminus.telemetry import TRACEPARENT, Attributes, Kind, Span, Telemetry, current_span, entered

__all__ = ["OpenTelemetry", "export_to"]

MAX_REMEMBERED: Final = 10_000
"""Activeflows whose trace is known to deliveries; the oldest is forgotten."""
CLOSE_S: Final = 5.0
_NS_PER_MS: Final = 1_000_000
_KINDS: Final[Mapping[Kind, trace.SpanKind]] = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
}
_CONTROL: Final = (Interrupted, Jump, Finished)
"""How actions and waits end: no failures."""
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def export_to(endpoint: str) -> "OpenTelemetry":
    """Return telemetry that sends to a collector's base URL; if empty, as the library's own variables say (OTEL_...)."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None)
    return OpenTelemetry(BatchSpanProcessor(exporter))


class OpenTelemetry(Telemetry):
    """Records spans, and gives them to a processor."""

    def __init__(self, processor: SpanProcessor) -> None:
        resource = Resource({SERVICE_NAME: "mixminus"}).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self.tracer: Final = self._provider.get_tracer("mixminus")
        self._remembered: OrderedDict[UUID, str] = OrderedDict()
        self._closed = False

    def span(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        traceparent: str | None = None,
        began_ms: int = 0,
        attributes: Attributes = {},  # noqa: B006 -- never changed
    ) -> AbstractContextManager[Span]:
        if traceparent is None:
            traceparent = current_span().headers.get(TRACEPARENT, "")
        parent = _PROPAGATOR.extract({TRACEPARENT: traceparent}, Context())
        return self.begin(name, kind, parent, began_ms, attributes)

    def traceparent_of(self, activeflow_id: UUID | None) -> str:
        return self._remembered.get(activeflow_id, "") if activeflow_id else ""

    def remember(self, activeflow_id: UUID, traceparent: str) -> None:
        """Note the context of an activeflow's span."""
        self._remembered[activeflow_id] = traceparent
        self._remembered.move_to_end(activeflow_id)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        # A collector that accepts nothing holds the last request for longer than a stop may take.
        sending = threading.Thread(target=self._provider.shutdown, name="mm-telemetry", daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, CLOSE_S)

    @contextmanager
    def begin(
        self, name: str, kind: Kind, parent: Context, began_ms: int, attributes: Attributes
    ) -> Iterator[Span]:
        """Begin a span within a context of the library, as the current one, and end it after the block."""
        span = self.tracer.start_span(
            name,
            parent,
            _KINDS[kind],
            {key: _plain(value) for key, value in attributes.items()},
            start_time=began_ms * _NS_PER_MS or None,
            record_exception=False,
        )
        recorded = _RecordedSpan(self, span)
        try:
            with entered(recorded):
                yield recorded
        except _CONTROL:
            raise
        except Exception as error:
            recorded.fail(type(error).__name__)
            raise
        finally:
            span.end()


class _RecordedSpan(Span):
    """A span of the library."""

    def __init__(self, telemetry: OpenTelemetry, span: trace.Span) -> None:
        self._telemetry = telemetry
        self._span = span

    @property
    def headers(self) -> Mapping[str, str]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(self._span, Context()))
        return {TRACEPARENT: carrier[TRACEPARENT]} if TRACEPARENT in carrier else {}

    def child(self, name: str, attributes: Attributes = {}) -> AbstractContextManager[Span]:  # noqa: B006
        parent = trace.set_span_in_context(self._span, Context())
        return self._telemetry.begin(name, "internal", parent, 0, attributes)

    def set(self, name: str, value: str | int | bool | UUID) -> None:
        self._span.set_attribute(name, _plain(value))

    def fail(self, error_type: str) -> None:
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(trace.StatusCode.ERROR)

    def remember(self, activeflow_id: UUID) -> None:
        self._telemetry.remember(activeflow_id, self.headers.get(TRACEPARENT, ""))


def _plain(value: str | int | bool | UUID) -> str | int | bool:
    return str(value) if isinstance(value, UUID) else value
