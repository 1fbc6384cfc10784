"""moto's S3 server, over real HTTP; each begins empty, although all of a process share what they store."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import Request, urlopen

from moto.server import ThreadedMotoServer

__all__ = ["s3_server"]


@contextmanager
def s3_server(port: int = 0) -> Iterator[str]:
    """Run a server and yield its URL; any free port by default."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    host, taken = server.get_host_and_port()
    url = f"http://{host}:{taken}"
    try:
        with urlopen(Request(f"{url}/moto-api/reset", method="POST")):
            yield url
    finally:
        server.stop()
