"""A complete server for a test: the real command, on free ports, in a new data directory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from urllib3 import PoolManager

from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.prepared import start_server
from tests.support.waiting import eventually

ACCESS_KEY = "vb_end-to-end-test-key"
# What ends a test whose server hangs: on a machine with many more processes than cores a start has taken over 60 s.
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 60.0
TIMEOUT_S = 20.0


class Answer:
    """An HTTP response: status, headers, and the body, decoded as JSON on demand."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:  # its shape depends on the request
        return orjson.loads(self.body)


class Server:
    """``mixminus serve`` as a child process, and a client of its API."""

    def __init__(self, directory: Path, *, launcher: Sequence[str] = (), **settings: str) -> None:
        """``launcher`` is a command that executes the server, such as ``prlimit``."""
        self.directory = directory
        self._launcher = launcher
        self.host = ADDRESS
        http_port, sip_port, webrtc_port = (free_port(ADDRESS) for _ in range(3))
        self._settings = {
            "MIXMINUS_DATA_DIR": str(directory / "data"),
            "MIXMINUS_HTTP_PORT": str(http_port),
            "MIXMINUS_SIP_HOST": ADDRESS,
            "MIXMINUS_SIP_PORT": str(sip_port),
            "MIXMINUS_WEBRTC_PORT": str(webrtc_port),
            "MIXMINUS_PUBLIC_HOST": ADDRESS,
            "MIXMINUS_RTP_PORT_MIN": "30000",
            "MIXMINUS_RTP_PORT_MAX": "31999",
            "MIXMINUS_ACCESS_KEY": ACCESS_KEY,
            **settings,
        }
        self.http_port, self.sip_port, self.webrtc_port = (
            int(self._settings[f"MIXMINUS_{kind}_PORT"]) for kind in ("HTTP", "SIP", "WEBRTC")
        )
        self._pool = PoolManager(maxsize=64)
        self.start()

    def start(self) -> None:
        """Start, and wait until phones and browsers can join."""
        self._log = (self.directory / "server.log").open("ab")
        self.process = start_server(
            folder=self.directory,
            environment={**os.environ, **self._settings},
            stdout=self._log,
            stderr=self._log,
            settings=self._settings,
            command=self._command(),
        )
        try:
            eventually(self._ready, timeout_s=START_TIMEOUT_S, what="GET /ping answers 200")
        except AssertionError:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def log(self) -> str:
        return (self.directory / "server.log").read_text(errors="replace")

    def sip_uri(self, user: str) -> str:
        return f"sip:{user}@{self.host}:{self.sip_port}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = ACCESS_KEY,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """Send one authenticated request; return the response, whatever its status."""
        return self.request(
            method,
            f"/v1.0{path}",
            body=None if body is None else orjson.dumps(body),
            headers={"Authorization": f"Bearer {token}"},
            timeout_s=timeout_s,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """Send one request exactly as given."""
        reply = self._pool.request(
            method, self.url + path, body=body, headers=headers, timeout=timeout_s, retries=False
        )
        return Answer(reply.status, dict(reply.headers), reply.data)

    def metrics(self) -> dict[str, float]:
        """Return ``/metrics``, by name and labels as they are written."""
        answer = self.request("GET", "/metrics", headers={"Authorization": f"Bearer {ACCESS_KEY}"})
        assert answer.status == 200, answer.body
        rows = (
            line.rpartition(" ") for line in answer.body.decode().splitlines() if line[:1] not in ("", "#")
        )
        return {name: float(value) for name, _, value in rows}

    def save_root(self, folder: Path) -> Path:
        """Save the certificate of the server's own authority, which phones must trust; return the file."""
        path = folder / "ca.pem"
        path.write_bytes(self.request("GET", "/ca.pem").body)
        return path

    def new_room(self, **fields: Any) -> str:
        """Create a conference, wait until it progresses, and return its id."""
        room_id: str = self.call(
            "POST", "/conferences", {"type": "conference", "name": "test", **fields}
        ).json["id"]
        eventually(lambda: self.room(room_id)["status"] == "progressing", what="the room progresses")
        return room_id

    def room(self, room_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", f"/conferences/{room_id}").json
        return answer

    def participants(self, room_id: str) -> list[str]:
        ids: list[str] = self.room(room_id)["conferencecall_ids"]
        return ids

    def wait_for_participants(self, room_id: str, count: int, *, timeout_s: float = 10.0) -> list[str]:
        """Wait until exactly ``count`` participants are in the room; return their ids in the order of joining."""
        eventually(
            lambda: len(self.participants(room_id)) == count,
            timeout_s=timeout_s,
            what=f"{count} participants in {room_id}",
        )
        return self.participants(room_id)

    def stop(self) -> int:
        """Stop as an operator does (SIGTERM) and return the exit code; stopping twice is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._log.close()
        return self.process.wait()

    def kill(self) -> None:
        """Kill the server with SIGKILL, as in a power cut."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def _command(self) -> Sequence[str]:
        """Return what starts a Python for it; nothing if it may be forked from a process that has imported the server."""
        return (*self._launcher, sys.executable) if self._launcher else ()

    def _ready(self) -> bool:
        assert self.process.poll() is None, f"the server died: {self.log[-3000:]}"
        try:
            return self.request("GET", "/ping").status == 200
        except Exception:  # noqa: BLE001 -- not listening yet, in any of a client's ways to say so
            return False


class MeasuredServer(Server):
    """A server that shares no memory with others and starts as an operator's does."""

    def _command(self) -> Sequence[str]:
        return (*self._launcher, sys.executable)


@contextmanager
def checked_server(directory: Path, *, launcher: Sequence[str] = (), **settings: str) -> Iterator[Server]:
    """Run a server; afterwards assert that it stops with 0 and has logged no traceback."""
    with Server(directory, launcher=launcher, **settings) as running:
        yield running
        assert running.stop() == 0, running.log[-3000:]
    assert "Traceback" not in running.log, running.log[-3000:]
