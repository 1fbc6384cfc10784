"""What a worker costs: no wakeups while nothing happens, no memory for calls that are over."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

from mixminus.sip.channel import BlockingChannel, socket_pair
from mixminus.sip.config import SipConfig
from mixminus.sip.messages import DialogConfirmed, Drain, MediaAgreed, Message
from tests.support.sip_backend import open_backend
from tests.support.sip_phone import Phone
from tests.support.waiting import eventually, pace, until
from tests.support.worker_peer import WorkerPeer, edge_socket

T = TypeVar("T")

MEASURED_S = 2.0
# One wait is at most 5 s long, and a timer of pjsip may fall into the time measured.
MOST_WAKEUPS = 4


def wakeups(pid: int) -> int:
    """Return how often the threads of a process have waited so far."""
    found = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        found += int(lines["voluntary_ctxt_switches"])
    return found


async def wakeups_in_a_while(pids: list[int]) -> list[int]:
    before = [wakeups(pid) for pid in pids]
    await pace(MEASURED_S)
    return [wakeups(pid) - count for pid, count in zip(pids, before, strict=True)]


async def test_worker_sleeps_without_and_with_quiet_calls() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        pids = list(backend.endpoint.worker_pids.values())
        assert max(await wakeups_in_a_while(pids)) <= MOST_WAKEUPS
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        await until(lambda: backend.endpoint.dialogs)
        assert max(await wakeups_in_a_while(pids)) <= MOST_WAKEUPS
        await call.hang_up()
        await phone.close()


# A worker on its own, which prints the names of its memory pools when it gets SIGUSR1.
WORKER = """
import ctypes, re, signal, socket, sys

import pjsua2 as pj
from mixminus.sip.channel import BlockingChannel
from mixminus.sip.messages import Fork
from mixminus.sip.worker import process

library = ctypes.CDLL(pj._pjsua2.__file__)
names = []

@ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
def on_log(level, line, length):
    names.extend(re.findall(r"(\\S+): +\\d+ of +\\d+ ", line.decode()))

def dump(*_):
    names.clear()
    library.pj_log_set_log_func(on_log)
    library.pj_log_set_level(3)
    library.pjsua_dump(1)
    library.pj_log_set_level(0)
    print(*names, flush=True)

signal.signal(signal.SIGUSR1, dump)
channel = BlockingChannel(socket.socket(fileno=int(sys.argv[1])))
process.run(Fork(1, 4, 1800, int(sys.argv[2])), channel, process.open_library(4))
"""


class Server(WorkerPeer):
    """Edge and server of one worker."""

    def __init__(self) -> None:
        edge = edge_socket()
        ours, theirs = socket_pair()
        arguments = (str(theirs.fileno()), str(edge.getsockname()[1]))
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            pass_fds=(theirs.fileno(),),
            stdout=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        super().__init__(edge, BlockingChannel(ours))

    def media_pools(self) -> list[str]:
        """Return the names of the memory pools that belong to the media of calls."""
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout
        return re.findall(r"\b(?:strm|srtp|tploop)\S*", self.process.stdout.readline())

    def close(self) -> None:
        self.channel.send(Drain())
        assert self.process.wait(15) == 0
        self.disconnect()
        assert self.process.stdout
        self.process.stdout.close()


def test_worker_frees_the_media_of_ended_calls() -> None:
    server = Server()
    try:
        for number in range(10):
            server.call(f"call{number}")
        eventually(lambda: not server.media_pools(), what="no media pools are left")
    finally:
        server.close()


def test_worker_does_not_report_the_exchange_that_the_server_has_made() -> None:
    server = Server()
    try:
        server.begin("call")
        reports: list[Message] = []
        while not any(isinstance(each, DialogConfirmed) for each in reports):
            reports.append(server.channel.receive())
        assert not [each for each in reports if isinstance(each, MediaAgreed)]
    finally:
        server.close()
