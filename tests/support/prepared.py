"""Processes of ``mixminus serve`` that start in half the time: they are forked from one that has imported the server.

Most of a start is the import of 1,700 modules: three seconds of a core, for each of the hundred servers of a test run.
What is forked runs the same code from there on, with the environment, the folder and the outputs of a started process.
Servers with a command of their own (a launcher, Python's development mode, measurements) are started anew.
"""

import atexit
import contextlib
import functools
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple, TypeAlias

import orjson

__all__ = ["PreparedProcess", "ServerProcess", "start_server"]

_LONGEST_REQUEST: Final = 1 << 20
_DESCRIPTORS: Final = 3
"""Where it writes its state, its standard output and its standard error."""


class PreparedProcess:
    """A server in a process of its own; used like ``subprocess.Popen``."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes],
        stderr: IO[bytes],
    ) -> None:
        """Start ``mixminus serve`` with these further arguments."""
        self._state, state = os.pipe()
        request = orjson.dumps((["serve", *arguments], str(folder), dict(environment)))
        try:
            socket.send_fds(_template(), [request], [state, stdout.fileno(), stderr.fileno()])
        finally:
            os.close(state)
        self.pid = int(self._line())
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._code

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for the end and return the exit code; raise subprocess.TimeoutExpired if it does not come in time."""
        if self._code is None:
            if not select.select([self._state], [], [], timeout_s)[0]:
                raise subprocess.TimeoutExpired("mixminus serve", timeout_s or 0.0)
            self._code = os.waitstatus_to_exitcode(int(self._line()))
            os.close(self._state)
        return self._code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            read = os.read(self._state, 1)
            assert read, "the process that prepares servers has died"
            line += read
        return line


ServerProcess: TypeAlias = subprocess.Popen[bytes] | PreparedProcess


def start_server(
    arguments: Sequence[str] = (),
    *,
    folder: Path,
    environment: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
    settings: Iterable[str],
    command: Sequence[str] = (),
) -> ServerProcess:
    """Start ``mixminus serve``: by ``command``, which ends with a Python, if there is one.

    A library may read a variable when it is imported: with others than the server's own in ``settings``, it is started anew too.
    """
    if not command and all(name.startswith("MIXMINUS_") for name in settings):
        return PreparedProcess(
            arguments, folder=folder, environment=environment, stdout=stdout, stderr=stderr
        )
    return subprocess.Popen(
        [*(command or [sys.executable]), "-m", "mixminus", "serve", *arguments],
        cwd=folder,
        env=environment,
        stdout=stdout,
        stderr=stderr,
    )


@functools.cache
def _template() -> socket.socket:
    """Start the process that imports the server; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.prepared", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
        )
    atexit.register(process.wait)
    atexit.register(ours.close)  # the other end reads it, and exits
    return ours


class _Request(NamedTuple):
    arguments: list[str]
    folder: str
    environment: dict[str, str]


def _serve_requests(requests: socket.socket, main: Callable[[Sequence[str]], int]) -> None:
    """Fork a server for each request, until the tests have ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the parents of servers
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, _DESCRIPTORS)
        if not request:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            _be_parent(main, _Request(*orjson.loads(request)), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _be_parent(
    main: Callable[[Sequence[str]], int], request: _Request, state: int, stdout: int, stderr: int
) -> None:
    """Fork the server, write its process id, and the status with which it ended; never returns."""
    pid = os.fork()
    if pid == 0:
        os.close(state)
        _be_server(main, request, stdout, stderr)
    os.close(stdout)
    os.close(stderr)
    os.write(state, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        os.write(state, b"%d\n" % status)
    os._exit(0)


def _be_server(main: Callable[[Sequence[str]], int], request: _Request, stdout: int, stderr: int) -> None:
    """Run the server as if it had been started so; never returns."""
    code = 1
    try:
        os.chdir(request.folder)
        os.environ.clear()
        os.environ.update(request.environment)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.close(stdout)
        os.close(stderr)
        gc.enable()
        code = main(request.arguments)
    except BaseException:  # noqa: BLE001 -- as Python ends, but without what the tests have registered
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _prepare() -> None:
    gc.disable()  # as the server does while it imports
    from mixminus.app.main import main  # noqa: PLC0415 -- only the process that prepares

    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        _serve_requests(requests, main)


if __name__ == "__main__":
    _prepare()
