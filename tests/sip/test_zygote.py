"""Workers forked from one zygote: they share its memory, and nothing that must differ."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mixminus.sip.channel import BlockingChannel, encode, socket_pair
from mixminus.sip.messages import Fork
from tests.support.waiting import eventually
from tests.support.worker_peer import WorkerPeer, edge_socket

CALLS = 4
OWN_KB = 5_000
"""Of a worker without calls; 2,900 were measured, and 4,100 when each worker initialised pjsua2 itself."""


class Forks:
    """A zygote without a server, and the workers that it has forked."""

    def __init__(self) -> None:
        ours, theirs = socket_pair()
        self._ours = ours
        self._channel = BlockingChannel(ours)
        with theirs:
            command = [sys.executable, "-m", "mixminus.sip.zygote", str(theirs.fileno()), "warning", "json"]
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),))
        self._edges = ExitStack()
        self.pids: list[int] = []
        self.workers: list[WorkerPeer] = []

    def fork(self) -> WorkerPeer:
        """Fork a worker and wait until it is ready."""
        edge = self._edges.enter_context(edge_socket())
        ours, theirs = socket_pair()
        with theirs:
            command = encode(Fork(len(self.pids) + 1, CALLS, 1800, edge.getsockname()[1]))
            socket.send_fds(self._ours, [command], [theirs.fileno()])
        self.workers.append(WorkerPeer(edge, BlockingChannel(ours)))
        self.pids.append(self.workers[-1].pid)
        return self.workers[-1]

    def close(self) -> int:
        """Close all channels; return the zygote's exit code."""
        for worker in self.workers:
            worker.disconnect()
        self._edges.close()
        self._channel.close()
        return self._process.wait(15)


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def own_kb(pid: int) -> int:
    """Return how much memory a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return sizes["Private_Dirty"] + sizes["Private_Clean"]


def test_workers_choose_different_tags(forks: Forks) -> None:
    tags = {forks.fork().begin("call").partition("tag=")[2] for _ in range(3)}
    assert len(tags) == 3
    assert all(tags)


def test_a_worker_takes_calls_after_another_has_ended(forks: Forks) -> None:
    forks.fork().call("first")
    forks.workers[0].disconnect()
    eventually(lambda: not Path(f"/proc/{forks.pids[0]}/exe").exists(), what="the first worker ends")
    second = forks.fork()
    for number in range(2 * CALLS):
        second.call(f"second{number}")


def test_a_worker_shares_what_the_zygote_has_initialised(forks: Forks) -> None:
    forks.fork()
    forks.fork()
    assert max(map(own_kb, forks.pids)) < OWN_KB


def test_zygote_ends_with_its_channel(forks: Forks) -> None:
    forks.fork()
    assert forks.close() == 0
