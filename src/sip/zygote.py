"""The zygote: a process that has initialised pjsua2 and forks a worker for each Fork of the server.

Started as ``python -m mixminus.sip.zygote DESCRIPTOR LOG_LEVEL LOG_FORMAT``. Forking costs 2 ms
and 2 MB a worker, where a fresh interpreter costs a second and 60 MB.
"""

import gc
import os
import select
import signal
import socket
import sys
from typing import Final

from mixminus import log
from mixminus.clock import SystemClock
from mixminus.sip.channel import BlockingChannel, Disconnected, prepare_messages
from mixminus.sip.messages import Fork, Ping, Pinged, WorkerExited
from mixminus.sip.supervision import rearm_watchdog, start_child_process
from mixminus.sip.worker import process

__all__ = ["Zygote", "main"]

_POLL_MS: Final = 5_000
# How long workers may take to hang up their calls after the server has exited.
_DRAIN_S: Final = 6.0

_log = log.get("sip.zygote")


class Zygote:
    """Forks and reaps workers until the channel closes."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._clock = SystemClock()
        self._workers: dict[int, int] = {}
        self._library: process.Library | None = None
        self._children, self._wakeup = socket.socketpair()
        self._children.setblocking(False)
        self._wakeup.setblocking(False)

    def run(self) -> None:
        """Serve until the server has exited, then wait for the last workers."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._children, select.POLLIN)
        try:
            while True:
                rearm_watchdog()
                ready = {descriptor for descriptor, _ in poll.poll(_POLL_MS)}
                if self._children.fileno() in ready:
                    self._children.recv(4096)
                    self._reap()
                if self._channel.fileno() in ready:
                    self._receive()
        except Disconnected:
            self._wait_for_workers()

    def _receive(self) -> None:
        message, descriptor = self._channel.receive_with_descriptor()
        if isinstance(message, Ping):
            self._channel.send(Pinged())
            return
        if not isinstance(message, Fork) or descriptor is None:
            _log.error("command unknown", type=type(message).__name__)
            return
        library = self._library = self._library or _shared_library(message.max_calls)
        pid = os.fork()
        if pid == 0:
            self._become_worker(message, descriptor, library)
        os.close(descriptor)
        self._workers[pid] = message.worker_id

    def _become_worker(self, command: Fork, descriptor: int, library: process.Library) -> None:
        """Run a worker in the forked child; never returns."""
        exit_code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._channel.close()
            self._children.close()
            self._wakeup.close()
            process.run(command, BlockingChannel(socket.socket(fileno=descriptor)), library)
            exit_code = 0
        except Exception:  # noqa: BLE001 - the child exits here in any case
            _log.exception("worker failed", worker=command.worker_id)
        finally:
            # Neither destructors of pjsua2 nor atexit handlers of the zygote may run in the child.
            sys.stderr.flush()
            os._exit(exit_code)

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            worker_id = self._workers.pop(pid)
            self._channel.send(WorkerExited(worker_id, os.waitstatus_to_exitcode(status)))

    def _wait_for_workers(self) -> None:
        """Wait until the workers have hung up their calls; kill those that take too long."""
        poll = select.poll()
        poll.register(self._children, select.POLLIN)
        deadline_s = self._clock.monotonic_s() + _DRAIN_S
        while self._workers and (left_s := deadline_s - self._clock.monotonic_s()) > 0:
            poll.poll(left_s * 1000)
            while self._workers:
                pid, _ = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                del self._workers[pid]
            if self._workers and poll.poll(0):
                self._children.recv(4096)
        for pid in self._workers:
            os.kill(pid, signal.SIGKILL)


def _shared_library(max_calls: int) -> process.Library:
    """Initialise pjsua2 for all workers; every Fork of a server asks for as many calls."""
    library = process.open_library(max_calls)
    prepare_messages()
    # Objects that exist now are never collected, so that their pages stay shared with the workers.
    gc.freeze()
    return library


def main() -> None:
    """Run the zygote on the descriptor that the server has passed."""
    _, descriptor, level, log_format = sys.argv
    start_child_process("mm-sip-zygote")
    log.configure(level=level, json=log_format == "json")
    zygote = Zygote(BlockingChannel(socket.socket(fileno=int(descriptor))))
    zygote.run()
    # Destructors of pjsua2 would wait a second for calls that a zygote never has: its owner is kept until the exit.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
