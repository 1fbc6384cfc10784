"""The queue of ended spans before a collector: bounded, and what is lost is counted.

    SpanQueue                 refuses a span that finds no place
      BatchSpanProcessor      the library's queue and thread, which send batches
        _CountingExporter     counts what the collector accepts and refuses; gives the places back
          the given exporter

The library would drop its oldest spans, and count them nowhere. A span has its place until its batch has been accepted or
given up, so that the library's own queue, which is as large, never is full.
"""

import os
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.environment_variables import OTEL_BSP_MAX_EXPORT_BATCH_SIZE, OTEL_BSP_MAX_QUEUE_SIZE
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

__all__ = ["SpanQueue"]

DEFAULT_SIZE: Final = 2048
DEFAULT_BATCH: Final = 512
SENT: Final = "telemetry.spans_sent"
NO_PLACE: Final = "telemetry.spans_dropped:queue_full"
NOT_ACCEPTED: Final = "telemetry.spans_dropped:not_accepted"


class SpanQueue(SpanProcessor):
    """Sends ended spans by an exporter, in batches and from a thread.

    At most ``OTEL_BSP_MAX_QUEUE_SIZE`` spans wait or are being sent; the library's other variables (``OTEL_BSP_...``) apply.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._size = _positive(OTEL_BSP_MAX_QUEUE_SIZE, DEFAULT_SIZE)
        self._lock = Lock()
        self._waiting = 0
        self._counts = {SENT: 0, NO_PLACE: 0, NOT_ACCEPTED: 0}
        # The library refuses a batch that is larger than the queue.
        batch = min(self._size, _positive(OTEL_BSP_MAX_EXPORT_BATCH_SIZE, DEFAULT_BATCH))
        self._batches = BatchSpanProcessor(
            _CountingExporter(exporter, self), max_queue_size=self._size, max_export_batch_size=batch
        )

    @property
    def counters(self) -> Mapping[str, int]:
        """Spans that the collector has accepted, that found no place, and that were given up."""
        with self._lock:
            return dict(self._counts)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing: spans are queued when they end."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.context is None or not span.context.trace_flags.sampled:
            return
        with self._lock:
            if self._waiting >= self._size:
                self._counts[NO_PLACE] += 1
                return
            self._waiting += 1
        self._batches.on_end(span)

    def shutdown(self) -> None:
        """Send what waits."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._batches.force_flush(timeout_millis)

    def done(self, count: int, *, accepted: bool) -> None:
        """Count spans that were sent or given up, and free their places."""
        with self._lock:
            self._waiting -= count
            self._counts[SENT if accepted else NOT_ACCEPTED] += count


class _CountingExporter(SpanExporter):
    """Exports by another exporter, and reports each batch to the queue."""

    def __init__(self, exporter: SpanExporter, queue: SpanQueue) -> None:
        self._exporter = exporter
        self._queue = queue

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            self._queue.done(len(spans), accepted=result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _positive(name: str, default: int) -> int:
    """Return a variable of the environment, as the library reads it: its default if it is no positive number."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default
