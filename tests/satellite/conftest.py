"""Three servers that are nodes of one cluster: for phones on 10.99.0.2 to 10.99.0.4, for each other on 127.0.0.2 to 127.0.0.4."""

import base64
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from tests.support.database import postgresql_url
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.waiting import eventually as eventually_within

PATIENCE_S = 60.0
"""Far above what anything here takes, on a machine that does much else."""
PROXY = "10.99.0.9"
TLS_PORT, WSS_PORT = 5061, 7443
SETTINGS = {
    "MIXMINUS_CLUSTER_SECRET": "a secret that all nodes of this test share",
    "MIXMINUS_SECRETS_KEY": base64.b64encode(b"a key of tests, of thirty-two by").decode(),
    "MIXMINUS_SHARDS": "1",
    "MIXMINUS_SIP_MAX_CALLS": "20",
    "MIXMINUS_SIP_TLS_PORT": str(TLS_PORT),
    "MIXMINUS_SIP_WSS_PORT": str(WSS_PORT),
    "MIXMINUS_SIP_PROXIES": PROXY,
    "MIXMINUS_SIP_REDIRECT": "true",
    "MIXMINUS_SIP_DIGESTS": "md5",  # baresip 1.0 cannot register when SHA-256 is offered too
}

eventually = partial(eventually_within, timeout_s=PATIENCE_S)

NUMBERS = (2, 3, 4)


@contextmanager
def host(address: str) -> Iterator[str]:
    """Give the private network one more address until the block ends."""
    where = (f"{address}/24", "dev", "v0")
    subprocess.run(["ip", "addr", "add", *where], check=True)
    try:
        yield address
    finally:
        subprocess.run(["ip", "addr", "del", *where], check=True)


@contextmanager
def without(address: str) -> Iterator[None]:
    """Take an address from the private network until the block ends."""
    where = (f"{address}/24", "dev", "v0")
    subprocess.run(["ip", "addr", "del", *where], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "addr", "add", *where], check=True)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Three nodes, on 127.0.0.2, 127.0.0.3 and 127.0.0.4."""
    with three_nodes(tmp_path_factory) as servers:
        yield servers


@contextmanager
def three_nodes(folders: pytest.TempPathFactory, **settings: str) -> Iterator[list[Server]]:
    """Run three nodes that know each other until the block ends."""
    shared = postgresql_url()

    def start(number: int) -> Server:
        inner, outer = f"127.0.0.{number}", f"10.99.0.{number}"
        server = Server(
            folders.mktemp(f"node{number}"),
            **SETTINGS,
            **settings,
            MIXMINUS_DATABASE_URL=shared,
            MIXMINUS_CLUSTER_ADDRESS=f"{inner}:{free_port(inner)}",
            MIXMINUS_SIP_HOST=outer,
            MIXMINUS_PUBLIC_HOST=outer,
        )
        server.host = outer
        return server

    with ExitStack() as stack:
        for number in NUMBERS:
            stack.enter_context(host(f"10.99.0.{number}"))
        servers = [stack.enter_context(start(number)) for number in NUMBERS]
        wait_for_nodes(servers)
        yield servers


def wait_for_nodes(servers: Sequence[Server]) -> None:
    """Wait until all see all."""
    for server in servers:
        eventually(lambda server=server: len(living(server)) == 3, what="three nodes")  # type: ignore[misc]


def living(server: Server) -> list[str]:
    result = server.call("GET", "/nodes").json["result"]
    return [each["address"] for each in result if each["state"] == "serving"]
