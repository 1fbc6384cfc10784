"""Hook: a receiver of webhooks that writes down which node delivered which event."""

import threading
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

__all__ = ["Hook"]


class Hook:
    """A context manager; it answers each request with 200."""

    def __init__(self, owner_of: Callable[[int], str]) -> None:
        """``owner_of`` returns the node that has the other end of a connection, by its port."""
        self.delivered: dict[str, list[str]] = defaultdict(list)
        """By ``webhook-id``: the nodes that have delivered it, one after the other."""
        delivered = self.delivered

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            owner = ""

            def setup(self) -> None:
                super().setup()
                self.owner = owner_of(self.client_address[1])

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                delivered[self.headers["webhook-id"]].append(self.owner)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
