"""The actions webhook_send and fetch on a real call."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.backend import Backend
from tests.support.calling import HANGUP, HOUR, action, calling, mark, trail
from tests.support.waiting import until


class Program:
    """An HTTP server for the requests of flows; ``answers`` are its answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.answers: Callable[[], web.StreamResponse] = web.Response
        self.server = TestServer(self._application())

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.content_type, await request.text()))
        return self.answers()

    @property
    def url(self) -> str:
        return str(self.server.make_url("/here"))


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    running = Program()
    async with running.server:
        yield running


async def test_an_async_webhook_is_sent_without_waiting(backend: Backend, program: Program) -> None:
    send = action(
        "webhook_send",
        uri="${where}",
        method="PUT",
        data_type="text/plain",
        data="${voipbin.call.source.target}",
    )
    await calling(backend, action("variable_set", key="where", value=program.url), send, HANGUP)
    await until(lambda: program.asked == [("PUT", "text/plain", "alice")])


@pytest.mark.parametrize("status", [200, 500])
async def test_the_answer_of_a_sync_webhook_is_ignored(
    backend: Backend, program: Program, status: int
) -> None:
    program.answers = lambda: web.Response(status=status)
    send = action("webhook_send", sync=True, uri=program.url, data="{}")
    caller = await calling(backend, send, mark("after"), HANGUP)
    assert trail(await caller.over()) == ["after"]
    assert program.asked == [("POST", "application/json", "{}")]


@pytest.mark.parametrize("uri", ["", "ftp://here", "http://", "http://127.0.0.1:9", "nowhere"])
@pytest.mark.parametrize("sync", [True, False])
async def test_a_webhook_without_a_receiver_is_skipped(backend: Backend, uri: str, sync: bool) -> None:
    caller = await calling(backend, action("webhook_send", sync=sync, uri=uri), mark("after"), HANGUP)
    assert trail(await caller.over()) == ["after"]


@pytest.mark.parametrize(
    ("status", "repeated"),
    [(307, True), (308, True), *((each, False) for each in (300, 301, 302, 303, 304, 305))],
)
async def test_only_a_redirect_that_keeps_the_body_is_followed(
    backend: Backend, program: Program, status: int, repeated: bool
) -> None:
    answers = [web.Response(status=status, headers={"Location": program.url}), web.Response()]
    program.answers = lambda: answers.pop(0)
    send = action("webhook_send", sync=True, uri=program.url, data="{}")
    caller = await calling(backend, send, mark("after"), HANGUP)
    assert trail(await caller.over()) == ["after"]
    assert program.asked == [("POST", "application/json", "{}")] * (2 if repeated else 1)


async def test_fetched_actions_are_run_and_the_flow_continues(backend: Backend, program: Program) -> None:
    program.answers = lambda: web.json_response([mark("b"), {"type": "empty"}])
    caller = await calling(backend, mark("a"), action("fetch", event_url=program.url), mark("c"), HANGUP)
    ended = await caller.over()
    assert trail(ended) == ["a", "b", "c"]
    ((method, content_type, body),) = program.asked
    assert (method, content_type) == ("POST", "application/json")
    assert str(ended.id) in body
    assert str(ended.reference_id) in body


def _redirect() -> web.Response:
    raise web.HTTPFound("/elsewhere")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(lambda: web.Response(status=500), id="not 200"),
        pytest.param(lambda: web.json_response([], status=201), id="another success"),
        pytest.param(lambda: web.Response(text="[{"), id="no json"),
        pytest.param(lambda: web.json_response({"type": "answer"}), id="no list"),
        pytest.param(lambda: web.json_response([{"type": "agent_call"}]), id="no action"),
        pytest.param(lambda: web.json_response(["answer"]), id="no object"),
        pytest.param(lambda: web.Response(text="[" * 100_000), id="too deep"),
        pytest.param(lambda: web.Response(body=b"[" + b" " * (1 << 20) + b"]"), id="too long"),
        pytest.param(_redirect, id="in a circle"),
    ],
)
async def test_a_failed_fetch_ends_the_call(
    backend: Backend, program: Program, answers: Callable[[], web.StreamResponse]
) -> None:
    program.answers = answers
    caller = await calling(backend, action("fetch", event_url=program.url), mark("never"))
    assert trail(await caller.over()) == []
    assert caller.leg.done[-1] == "hang up failed"


async def test_a_call_may_end_during_a_fetch(backend: Backend, program: Program) -> None:
    fetch = action("fetch", event_url=program.url)
    program.answers = lambda: web.json_response([HOUR])
    caller = await calling(backend, fetch)
    await caller.does("sleep")
    caller.leg.bye()
    ended: Any = await caller.over()
    assert ended.current_action["type"] == "sleep"
