"""A Unix socket in front of another one, which delays what passes: a database behind a slow network."""

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.support.waiting import pace

__all__ = ["SlowSocket"]

_CHUNK_BYTES: Final = 65_536


class SlowSocket:
    """A context manager: forwards connections to ``path`` to ``target``, each chunk after ``delay_s``, in both directions."""

    def __init__(self, path: Path, target: Path) -> None:
        self._path = path
        self._target = target
        self.delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_unix_server(self._accept, self._path)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_unix_connection(self._target)
        await asyncio.gather(self._pass(reader, their_writer), self._pass(their_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK_BYTES):
                await pace(self.delay_s)
                writer.write(chunk)
                await writer.drain()
        writer.close()
