"""Names that resolve to private addresses, at once or only when they are connected to (DNS rebinding), lead nowhere.

The address is checked where the socket for it is created: what is checked and what is connected to cannot differ.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mixminus.delivery.outgoing import SoundFetcher, WebClient, is_public
from mixminus.errors import InvalidArgument, Unavailable
from mixminus.flow.services import WebRequest
from mixminus.sound.errors import SoundNotFound
from tests.support.webhook_receiver import WebhookReceiver, open_receiver

PUBLIC = "192.88.98.1"
"""Of no host."""
HOST = "rebind.example"
Resolve = Callable[[list[list[str]]], None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Set what the name resolves to, each time that it is looked up; the last answer stays."""
    loop_class = asyncio.BaseEventLoop
    real: Any = loop_class.getaddrinfo

    def set_answers(answers: list[list[str]]) -> None:
        async def look_up(self: Any, host: Any, port: Any, **options: Any) -> Any:
            if host != HOST:
                return await real(self, host, port, **options)
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        monkeypatch.setattr(loop_class, "getaddrinfo", look_up)

    return set_answers


async def ask(url: str) -> None:
    web = WebClient(private_targets=False)
    try:
        await web.ask(WebRequest("POST", url, b"{}", "application/json"))
    finally:
        await web.close()


async def fetch(url: str) -> None:
    fetcher = SoundFetcher(private_targets=False)
    try:
        await fetcher.fetch(url, 1000)
    finally:
        await fetcher.close()


@pytest.mark.parametrize("send", [ask, fetch])
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([["127.0.0.1"]], id="private"),
        pytest.param([[PUBLIC, "127.0.0.1"]], id="a public address and a private one"),
        pytest.param([["127.0.0.1", PUBLIC]], id="a private address and a public one"),
        pytest.param([[PUBLIC], ["127.0.0.1"]], id="public first, then private"),
    ],
)
async def test_a_name_never_leads_to_a_private_address(
    resolve: Resolve, answers: list[list[str]], send: Callable[[str], Awaitable[None]]
) -> None:
    assert is_public(PUBLIC)
    async with open_receiver() as receiver:
        resolve(answers)
        url = f"http://{HOST}:{receiver.server.port}/"
        for _ in range(2):
            with pytest.raises((InvalidArgument, Unavailable, SoundNotFound)):
                await asyncio.wait_for(send(url), 20)
        assert receiver.received == []


async def test_the_name_of_the_test_is_reached_where_private_targets_are_allowed(resolve: Resolve) -> None:
    async with open_receiver() as receiver:
        resolve([["127.0.0.1"]])
        web = WebClient(private_targets=True)
        answer = await web.ask(
            WebRequest("POST", f"http://{HOST}:{_port(receiver)}/", b"{}", "application/json")
        )
        await web.close()
        assert answer.status == 200
        assert len(receiver.received) == 1


def _port(receiver: WebhookReceiver) -> int:
    assert receiver.server.port is not None
    return receiver.server.port
