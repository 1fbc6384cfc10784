"""The queue of spans before a collector: its bound holds, and every span is counted as sent or as lost."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from mixminus.app.open_telemetry import OpenTelemetry
from mixminus.app.span_queue import NO_PLACE, NOT_ACCEPTED, SENT, SpanQueue
from tests.support.waiting import until

SIZE = 20


@dataclass
class Collector(SpanExporter):
    """Accepts no batch before it is open, and then answers ``result``."""

    result: SpanExportResult | Exception = SpanExportResult.SUCCESS
    names: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.open.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        self.names += [span.name for span in spans]
        return self.result


def telemetry_to(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, *, sampler: str = "always_on"
) -> OpenTelemetry:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", str(SIZE))
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    queue = SpanQueue(collector)
    return OpenTelemetry(queue, lambda: queue.counters)


def record(telemetry: OpenTelemetry, count: int) -> None:
    for number in range(count):
        with telemetry.span(f"span {number}"):
            pass


async def test_spans_beyond_the_places_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    telemetry = telemetry_to(collector, monkeypatch)
    record(telemetry, SIZE + 15)
    assert telemetry.counters == {SENT: 0, NO_PLACE: 15, NOT_ACCEPTED: 0}
    collector.open.set()
    await until(lambda: telemetry.counters[SENT] == SIZE)
    record(telemetry, 5)  # there are places again
    await telemetry.close()
    assert telemetry.counters == {SENT: SIZE + 5, NO_PLACE: 15, NOT_ACCEPTED: 0}
    assert len(collector.names) == SIZE + 5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("result", [SpanExportResult.FAILURE, ConnectionError("the collector is away")])
async def test_a_batch_that_is_not_accepted_is_counted_and_frees_its_places(
    monkeypatch: pytest.MonkeyPatch, result: SpanExportResult | Exception
) -> None:
    collector = Collector(result)
    collector.open.set()
    telemetry = telemetry_to(collector, monkeypatch)
    for sent in (SIZE, 2 * SIZE):
        record(telemetry, SIZE)
        await until(lambda sent=sent: telemetry.counters[NOT_ACCEPTED] == sent)  # type: ignore[misc]
    await telemetry.close()
    assert telemetry.counters == {SENT: 0, NO_PLACE: 0, NOT_ACCEPTED: 2 * SIZE}


async def test_spans_that_are_not_sampled_take_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    telemetry = telemetry_to(collector, monkeypatch, sampler="always_off")
    record(telemetry, SIZE + 1)
    collector.open.set()
    await telemetry.close()
    assert telemetry.counters == {SENT: 0, NO_PLACE: 0, NOT_ACCEPTED: 0}


@pytest.mark.parametrize("size", ["", "0", "many", "7"])
async def test_a_size_is_read_as_the_library_reads_it(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", size)
    collector = Collector()
    queue = SpanQueue(collector)
    telemetry = OpenTelemetry(queue)
    record(telemetry, 10)
    collector.open.set()
    await telemetry.close()
    assert queue.counters[NO_PLACE] == (3 if size == "7" else 0)
