"""A request on a kept connection that breaks before the answer is not sent again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import aiohttp
import pytest

from mixminus.api.sent_once import once


@asynccontextmanager
async def server_that_answers_once(heard: list[str]) -> AsyncIterator[str]:
    """Yield the URL of a server that answers the first request of each connection, and closes it at the second."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(asyncio.IncompleteReadError):
            for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""):
                head = await reader.readuntil(b"\r\n\r\n")
                heard.append(head.split(b" ")[0].decode())
                writer.write(answer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
async def test_a_request_on_a_kept_connection_that_breaks_is_not_sent_again(method: str) -> None:
    heard: list[str] = []
    async with server_that_answers_once(heard) as url, aiohttp.ClientSession(middlewares=(once,)) as session:
        async with session.request("GET", url) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientConnectionError):
            async with session.request(method, url):
                pass
        assert heard == ["GET", method]


async def test_aiohttp_alone_sends_it_again() -> None:
    heard: list[str] = []
    async with server_that_answers_once(heard) as url, aiohttp.ClientSession() as session:
        for method in ("GET", "PUT"):
            async with session.request(method, url) as answer:
                assert answer.status == 200
        assert heard == ["GET", "PUT", "PUT"], "then it need not be prevented any more"
