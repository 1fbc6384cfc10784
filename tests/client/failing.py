"""A server that fails twice before it answers, in the way that the credential names."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

__all__ = ["Failing", "Seen", "open_failing"]

FAILURES = 2


class Seen(NamedTuple):
    """One request."""

    credential: str
    path: str
    key: str
    """Its Idempotency-Key; empty without one."""


class _Handler(BaseHTTPRequestHandler):
    server: "Failing"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        credential = self.headers["Authorization"]
        self.server.seen.append(Seen(credential, self.path, self.headers.get("Idempotency-Key", "")))
        if sum(each.credential == credential for each in self.server.seen) > FAILURES:
            self._answer(200, b'{"calls": [], "groupcalls": []}')
        elif "cut" in credential:
            self.connection.close()
        elif "fail" in credential:
            self._answer(500, b'{"error": {"reason": "INTERNAL"}}')
        else:
            self._answer(503, b'{"error": {"reason": "SERVICE_UNAVAILABLE"}}', retry_after="1")

    # Named by http.server.
    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

    def _answer(self, status: int, body: bytes, retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Failing(ThreadingHTTPServer):
    """Fails twice for each credential: one with ``cut`` closes the connection, with ``fail`` answers 500, any other 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[Seen] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def open_failing() -> Iterator[Failing]:
    """Run a server."""
    with Failing() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
