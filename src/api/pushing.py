"""WebSockets that the server alone writes to, until there is no more to send, or the client does not read."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import WSCloseCode, web

from mixminus.log import task_failed
from mixminus.tasks import Interrupted, TaskScope, unless

__all__ = ["WRITE_S", "pushed"]

WRITE_S: Final = 10.0
"""A client that does not read for so long is disconnected."""
_CLOSE_S: Final = 5.0
_MAX_MESSAGE_BYTES: Final = 1024

Send = Callable[[web.WebSocketResponse], Awaitable[WSCloseCode]]


async def pushed(request: web.Request, name: str, send: Send) -> web.WebSocketResponse:
    """Serve a WebSocket by ``send``, which returns why the stream ends; it may raise TimeoutError and ConnectionError.

    ``name`` is that of the stream in the log.
    """
    socket = web.WebSocketResponse(timeout=_CLOSE_S, heartbeat=WRITE_S, max_msg_size=_MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    over: asyncio.Future[WSCloseCode] = asyncio.get_running_loop().create_future()
    scope = TaskScope(task_failed(name))
    scope.spawn(f"{name} send", _send(send, socket, over))
    try:
        await unless((over,), _listen(socket))
    except Interrupted:
        await socket.close(code=over.result())
    finally:
        await scope.close()
    return socket


async def _listen(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass  # nothing is expected; what comes is ignored


async def _send(send: Send, socket: web.WebSocketResponse, over: asyncio.Future[WSCloseCode]) -> None:
    code = WSCloseCode.INTERNAL_ERROR
    try:
        code = await send(socket)
    except TimeoutError:
        code = WSCloseCode.TRY_AGAIN_LATER
    except ConnectionError:
        pass  # _listen ends as well
    finally:
        if not over.done():
            over.set_result(code)
