"""A thousand idle HTTP connections, where 1,024 open files are all that there may be: calls and requests go on."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.support.raw_phone import RawPhone
from tests.support.server import Server, checked_server
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

IDLE = 1000
FILES = 1024
CALLS = 10


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process open a file for each connection."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def idle_connection(server: Server, source: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.http_port), timeout=5, source_address=(source, 0))


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("sources", [1, 20], ids=["one host", "twenty hosts"])
def test_idle_connections_stop_neither_calls_nor_requests(tmp_path: Path, sources: int) -> None:
    hosts = [f"127.6.{count}.1" for count in range(sources)]
    with ExitStack() as stack:
        server = stack.enter_context(
            checked_server(tmp_path, launcher=("prlimit", f"--nofile={FILES}:{FILES}"))
        )
        room = server.new_room()
        for count in range(IDLE):
            stack.enter_context(idle_connection(server, hosts[count % sources]))
        files = psutil.Process(server.process.pid).num_fds()
        assert files < FILES - 2 * 64 * 2, "descriptors are left for calls"
        slowest_s = 0.0
        for count in range(CALLS):
            begun_s = time.monotonic()
            phone = stack.enter_context(RawPhone())
            phone.dial((server.host, server.sip_port), room)
            server.wait_for_participants(room, count + 1)
            slowest_s = max(slowest_s, time.monotonic() - begun_s)
        assert slowest_s < 5
        phone.talk(tone(440, 1.0, sample_rate_hz=8000))
        play_for(0.5)
        eventually(lambda: len(phone.arrivals) > 20, what="audio")
