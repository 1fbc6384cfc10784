"""The measured server: ``mixminus serve`` as a child process on chosen cores, and a client of its API."""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson
from tests.support.ports import free_port
from urllib3 import HTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from bench.capacity.processes import process_tree
from bench.capacity.sip_messages import SipUri

__all__ = ["HOST", "Server", "ServerFailed"]

HOST: Final = "127.0.0.1"
CONFINE: Final = Path(__file__).with_name("confine.py")
_START_S: Final = 300.0
_STEP_S: Final = 0.05
_CREATED: Final = 201
NO_SETTINGS: Final[Mapping[str, str]] = {}


class ServerFailed(RuntimeError):
    """The server did not start, or answered a request with an error."""


class Server:
    """A server with a data folder of its own; a context manager that ends it."""

    def __init__(
        self,
        folder: Path,
        python: str = sys.executable,
        *,
        cores: Iterable[int],
        max_calls: int,
        privileged: bool = True,
        settings: Mapping[str, str] = NO_SETTINGS,
    ) -> None:
        """``settings`` are environment variables beyond those that this class sets."""
        self._folder = folder
        self._python = python
        self._cores = set(cores)
        self._privileged = privileged
        self._http_port, sip_port, webrtc_port = (free_port(HOST) for _ in range(3))
        self._sip_port = sip_port
        self._key = f"vb_{secrets.token_hex(16)}"
        self._settings = {
            "MIXMINUS_DATA_DIR": str(folder / "data"),
            "MIXMINUS_HTTP_PORT": str(self._http_port),
            "MIXMINUS_SIP_HOST": HOST,
            "MIXMINUS_SIP_PORT": str(sip_port),
            "MIXMINUS_WEBRTC_PORT": str(webrtc_port),
            "MIXMINUS_SIP_MAX_CALLS": str(max_calls),
            "MIXMINUS_RATE_LIMITS": "off",
            "MIXMINUS_LOG_LEVEL": "warning",
            "MIXMINUS_ACCESS_KEY": self._key,
            **settings,
        }
        self._pool = PoolManager(maxsize=16, timeout=60.0, retries=False)
        self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def room_uri(self, room_id: str) -> SipUri:
        """Return where a phone calls to be in a room."""
        return SipUri(room_id, HOST, self._sip_port)

    def new_room(self) -> str:
        """Create a conference and wait until it progresses; return its id."""
        room_id: str = self.call("POST", "/conferences", {"type": "conference", "name": "capacity"})["id"]
        self._wait_until(lambda: self.room(room_id)["status"] == "progressing", _START_S, "the room opens")
        return room_id

    def room(self, room_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.call("GET", f"/conferences/{room_id}")
        return answer

    def metrics(self) -> dict[str, float]:
        """Return ``/metrics``, by name and labels as they are written."""
        text = self._request("GET", f"/metrics?token={self._key}").data.decode()
        rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows if name}

    async def create_rooms(self, count: int) -> list[str]:
        """Create rooms, a few at a time."""
        limit = asyncio.Semaphore(8)

        async def create() -> str:
            async with limit:
                return await asyncio.to_thread(self.new_room)

        return list(await asyncio.gather(*(create() for _ in range(count))))

    def _start(self) -> None:
        self._log = (self._folder / "server.log").open("ab")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MIXMINUS_")}
        # This checkout's paths must not lead another checkout's Python here.
        environment.pop("PYTHONPATH", None)
        cores = ",".join(map(str, sorted(self._cores)))
        privilege = "privileged" if self._privileged else "unprivileged"
        self._process = subprocess.Popen(
            [sys.executable, str(CONFINE), cores, privilege, self._python, "-m", "mixminus", "serve"],
            cwd=self._folder,
            env={**environment, **self._settings},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait_until(self._answers, _START_S, "GET /ping answers 200")
        except ServerFailed:
            self.stop()
            raise

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise ServerFailed(f"the server ended at its start: {self.log[-2000:]}")
        with contextlib.suppress(HTTPError, OSError):
            return self._request("GET", "/ping").status == 200
        return False

    @property
    def log(self) -> str:
        return (self._folder / "server.log").read_text(errors="replace")

    def whip(self, path: str, offer: str) -> tuple[str, str]:
        """Offer a WHIP session; return the answer and the location of the session."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/sdp"}
        reply = self._request("POST", f"/v1.0{path}", body=offer.encode(), headers=headers)
        if reply.status != _CREATED:
            raise ServerFailed(f"WHIP answered {reply.status}")
        return reply.data.decode(), reply.headers["Location"]

    def leave_whip(self, location: str) -> None:
        """End a WHIP session."""
        self._request("DELETE", location, headers={"Authorization": f"Bearer {self._key}"})

    def call(self, method: str, path: str, body: object = None) -> Any:  # its shape depends on the request
        """Send a request of the API; return the JSON of its answer, or raise ServerFailed."""
        reply = self._request(
            method,
            f"/v1.0{path}",
            body=None if body is None else orjson.dumps(body),
            headers={"Authorization": f"Bearer {self._key}"},
        )
        if reply.status >= 300:
            raise ServerFailed(f"{method} {re.sub(r'[0-9a-f-]{36}', '…', path)} answered {reply.status}")
        return orjson.loads(reply.data)

    def _request(self, method: str, path: str, **more: Any) -> HTTPResponse:
        reply = self._pool.request(method, f"http://{HOST}:{self._http_port}{path}", **more)
        assert isinstance(reply, HTTPResponse)
        return reply

    def _wait_until(self, condition: Any, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise ServerFailed(f"not within {seconds:.0f} s: {what}")
            time.sleep(_STEP_S)

    def stop(self) -> None:
        """Kill it and its children: to send BYE to a thousand phones would take longer than a measurement."""
        for pid in process_tree(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
