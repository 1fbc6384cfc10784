"""``mixminus serve`` as an operator runs it: a process of its own, on free ports, in a folder of its own."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from aiohttp import ClientError, ClientSession

from tests.support.ports import free_port
from tests.support.prepared import ServerProcess, start_server
from tests.support.waiting import until

__all__ = ["KEY", "Server", "serve"]

KEY: Final = "vb_test-key-given-by-the-operator"
READY_WITHIN_S: Final = 60.0


@dataclass
class Server:
    """A running server; ``stdout`` and ``stderr`` are complete once it has ended."""

    process: ServerProcess
    http_port: int
    sip_port: int
    webrtc_port: int
    stdout: str = ""
    stderr: str = ""
    _outputs: tuple[IO[bytes], ...] = field(default=(), repr=False)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    async def answers(self) -> bool:
        """Return whether /ping reports that phones and browsers can join."""
        try:
            async with ClientSession() as session, session.get(f"{self.base}/ping") as response:
                return response.status == 200
        except ClientError:
            assert self.process.poll() is None, await self.wait()
            return False

    async def stop(self, signal_number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(signal_number)
        return await self.wait()

    async def wait(self) -> int:
        """Return the exit code once the server has ended by itself."""
        code = await asyncio.to_thread(self.process.wait)
        for output in self._outputs:
            output.seek(0)
        self.stdout, self.stderr = (output.read().decode() for output in self._outputs)
        return code


@asynccontextmanager
async def serve(
    folder: Path,
    *arguments: str,
    ready: bool = True,
    strict: bool = False,
    settings: Mapping[str, str] | None = None,
    launcher: Sequence[str] = (),
) -> AsyncIterator[Server]:
    """Start a server and wait until it answers, unless it is not meant to; whatever happens, it is gone after.

    ``strict`` is Python's development mode: it reports orphan tasks and unclosed sockets. ``launcher`` is a
    command that executes the server, such as ``prlimit``.
    """
    ports = {"HTTP": free_port(), "SIP": free_port(), "WEBRTC": free_port()}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MIXMINUS_")}
    # The server works in another folder than the tests do.
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    environment |= {f"MIXMINUS_{name}_PORT": str(port) for name, port in ports.items()}
    environment |= {"MIXMINUS_DATA_DIR": str(folder / "data"), "MIXMINUS_ACCESS_KEY": KEY}
    environment |= {"MIXMINUS_SIP_MAX_CALLS": "8", **(settings or {})}
    python = (sys.executable, "-X", "dev") if strict else (sys.executable,) if launcher else ()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = start_server(
            arguments,
            folder=folder,
            environment=environment,
            stdout=stdout,
            stderr=stderr,
            settings=settings or {},
            command=(*launcher, *python),
        )
        server = Server(process, ports["HTTP"], ports["SIP"], ports["WEBRTC"], _outputs=(stdout, stderr))
        try:
            if ready:
                await until(server.answers, within_s=READY_WITHIN_S)
            yield server
        finally:
            process.kill()
            await server.wait()
