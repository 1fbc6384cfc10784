"""A client of WebDriver BiDi (W3C, https://w3c.github.io/webdriver-bidi/): one tab of one browser, by JSON over a WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

__all__ = ["BidiError", "Tab", "tab"]

_TIMEOUT_S = 60.0
_LONGEST_MESSAGE_BYTES = 64 << 20


class BidiError(Exception):
    """The browser has refused a command, or a script has thrown."""


class Tab:
    """A tab whose scripts see the page's own variables."""

    def __init__(self, socket: ClientWebSocketResponse, log: list[str]) -> None:
        self._socket = socket
        self._log = log
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.context = ""

    async def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send one command and return its result; raises BidiError if the browser refuses it."""
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_str(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(_TIMEOUT_S):
            message = await answer
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result

    async def goto(self, url: str) -> None:
        """Load a page, and return when it is complete."""
        await self.command("browsingContext.navigate", context=self.context, url=url, wait="complete")

    async def evaluate(self, function: str, argument: object = None) -> Any:  # any JSON value
        """Call a JavaScript function with a JSON value; return what it returns or resolves to.

        Raises BidiError if it throws.
        """
        result = await self.command(
            "script.callFunction",
            functionDeclaration=f"async text => JSON.stringify(await ({function})(JSON.parse(text)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if result["type"] == "exception":
            raise BidiError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    async def read(self) -> None:
        """Read answers and events until the browser closes the connection."""
        async for received in self._socket:
            message = json.loads(received.data)
            if message["type"] == "event":
                self._log.append(str(message["params"].get("text")))
            else:
                self._answers[message["id"]].set_result(message)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(BidiError("the browser has closed the connection"))


@asynccontextmanager
async def tab(url: str, log: list[str]) -> AsyncIterator[Tab]:
    """Open a session that trusts every certificate, with one tab; the page's console goes to ``log``.

    ``url`` is the browser's WebSocket, ``ws://127.0.0.1:PORT``.
    """
    async with (
        ClientSession() as session,
        session.ws_connect(f"{url}/session", max_msg_size=_LONGEST_MESSAGE_BYTES) as socket,
    ):
        opened = Tab(socket, log)
        reading = asyncio.create_task(opened.read())
        try:
            await opened.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})
            await opened.command("session.subscribe", events=["log.entryAdded"])
            opened.context = (await opened.command("browsingContext.create", type="tab"))["context"]
            yield opened
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
