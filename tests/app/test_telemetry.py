"""How telemetry is switched on, and what a server that is run with it sends to a collector."""

import asyncio
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import ClientSession
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mixminus.app.settings import BadSettings, load
from mixminus.app.telemetry import open_telemetry
from mixminus.telemetry import NO_TELEMETRY
from tests.app.server import KEY, serve
from tests.support.ports import free_port
from tests.support.sip_phone import Phone
from tests.support.waiting import until
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

STANDARD = "OTEL_EXPORTER_OTLP_ENDPOINT"
COLLECTOR = "http://127.0.0.1:9"
UNUSED = """
import sys
import mixminus.app.main, mixminus.app.server
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""


async def opened(setting: str = "", **environment: str) -> bool:
    """Return whether telemetry is on with these settings."""
    async with AsyncExitStack() as stack:
        return open_telemetry(load(otel_endpoint=setting), stack, environment) is not NO_TELEMETRY


async def test_it_is_off_by_default() -> None:
    assert not await opened()


async def test_either_variable_switches_it_on() -> None:
    assert await opened(COLLECTOR)
    assert await opened(**{STANDARD: COLLECTOR})
    assert await opened(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=COLLECTOR)


async def test_the_library_s_own_switch_turns_it_off() -> None:
    assert not await opened(COLLECTOR, OTEL_SDK_DISABLED="true")


def test_an_endpoint_is_a_url() -> None:
    with pytest.raises(BadSettings, match="MIXMINUS_OTEL_ENDPOINT"):
        load(otel_endpoint="collector:4318")


async def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mixminus.app.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(BadSettings, match=rf"{STANDARD} is set.*pip install 'mixminus\[otel\]'"):
        await opened(**{STANDARD: COLLECTOR})


async def test_the_library_is_not_imported_while_it_is_off() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", UNUSED, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.strip() == b"[]"


def exported(collector: WebhookReceiver) -> list[Span]:
    """Return the spans that a collector has received by OTLP."""
    assert {each.path for each in collector.received} == {"/v1/traces"}
    requests = [ExportTraceServiceRequest.FromString(each.body) for each in collector.received]
    resources = [each for request in requests for each in request.resource_spans]
    for each in resources:
        assert ("service.name", "mixminus") in [
            (named.key, named.value.string_value) for named in each.resource.attributes
        ]
    return [span for each in resources for scope in each.scope_spans for span in scope.spans]


async def test_a_server_sends_the_trace_of_a_call_by_sip_to_a_collector(tmp_path: Path) -> None:
    async with open_receiver() as collector:
        # No body of an export is compressed: the receiver keeps it as it is.
        settings = {
            "MIXMINUS_OTEL_ENDPOINT": str(collector.server.make_url("/")),
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        async with serve(tmp_path, settings=settings, strict=True) as server:
            async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
                rooms = f"{server.base}/v1.0/conferences"
                async with session.post(rooms, json={"type": "conference"}) as response:
                    room = await response.json()

                async def joined() -> bool:
                    async with session.get(f"{rooms}/{room['id']}") as response:
                        return bool((await response.json())["conferencecall_ids"])

                phone = await Phone.open(server.sip_port)
                before_ns = time.time_ns() // 1_000_000 * 1_000_000
                talk = phone.call(room["id"])
                await talk.establish()
                answered_ns = time.time_ns()
                await until(joined)
                await talk.hang_up()
            assert await server.stop(signal.SIGTERM) == 0
        await phone.close()
    spans = exported(collector)
    (call,) = [each for each in spans if each.name == "call"]
    names = {each.name for each in spans if each.trace_id == call.trace_id}
    assert {"call", "route", "action conference_join", "admit", "join", "answer"} <= names
    (route,) = [each for each in spans if each.name == "route"]
    assert before_ns <= call.start_time_unix_nano <= route.start_time_unix_nano < answered_ns
    assert "POST /v1.0/conferences" in {each.name for each in spans}
    assert "Traceback" not in server.stderr


async def test_a_collector_that_is_away_keeps_no_call_and_no_stop(tmp_path: Path) -> None:
    settings = {"MIXMINUS_OTEL_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    async with serve(tmp_path, settings=settings) as server:
        async with (
            ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
            session.post(f"{server.base}/v1.0/conferences", json={"type": "conference"}) as response,
        ):
            assert response.status in (200, 201)
        begin_s = time.monotonic()
        assert await server.stop(signal.SIGTERM) == 0
        assert time.monotonic() - begin_s < 20
