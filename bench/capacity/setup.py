"""Which server is measured, on which cores."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from bench.capacity.plan import Plan
from bench.capacity.rig import Rig, open_rig
from bench.capacity.server import Server
from bench.capacity.sip_messages import SipUri

__all__ = ["Setup", "all_cores", "allow_files"]

SPARE_CALLS: Final = 8
_OTHER_FILES: Final = 256


@dataclass(frozen=True, slots=True)
class Setup:
    """A server to start, or one that runs already: then ``target`` says where."""

    name: str
    server_cores: frozenset[int]
    generator_cores: frozenset[int]
    python: str = sys.executable
    """Whose ``mixminus serve`` is measured."""
    privileged: bool = True
    """False: without real-time priority, also if this tool runs as root."""
    target: SipUri | None = None
    pid: int | None = None
    """Of the target's server, if it runs on this machine: then its CPU and memory are measured too."""

    def on_all_cores(self) -> Self:
        """Return the same, with server and generator on every core."""
        return replace(self, server_cores=all_cores(), generator_cores=all_cores())

    def unprivileged(self) -> Self:
        """Return the same, without real-time priority."""
        return replace(self, privileged=False)

    @asynccontextmanager
    async def server(self, max_calls: int) -> AsyncIterator[Server]:
        """Start the server in a folder of its own."""
        with (
            tempfile.TemporaryDirectory(prefix="mixminus-capacity-", ignore_cleanup_errors=True) as folder,
            Server(
                Path(folder),
                self.python,
                cores=self.server_cores,
                max_calls=max_calls,
                privileged=self.privileged,
            ) as server,
        ):
            yield server

    @asynccontextmanager
    async def rig(self, plan: Plan) -> AsyncIterator[Rig]:
        """Start what is missing, for at most ``plan.phones``."""
        allow_files(plan.phones)
        os.sched_setaffinity(0, self.generator_cores)
        with tempfile.TemporaryDirectory(prefix="mixminus-capacity-") as folder:
            if self.target is not None:
                target = self.target
                async with open_rig(
                    Path(folder), plan, target, cores=self.generator_cores, pid=self.pid
                ) as rig:
                    yield rig
                    await rig.leave()
                return
            async with (
                self.server(plan.phones + SPARE_CALLS) as server,
                open_rig(Path(folder), plan, server, cores=self.generator_cores) as rig,
            ):
                yield rig

    def version(self) -> str:
        """Return the commit of the measured checkout, or the target."""
        if self.target is not None:
            return str(self.target)
        script = "import mixminus; print(mixminus.__path__[0])"
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        found = subprocess.run(
            [self.python, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        folder = Path(found.stdout.strip()).resolve()
        command = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
        if shutil.which(command[0]) is None:
            return "unknown: git is not installed"
        described = subprocess.run(command, capture_output=True, text=True, check=False)
        return described.stdout.strip() or "not a checkout"


def all_cores() -> frozenset[int]:
    """Return the cores of this machine."""
    return frozenset(range(os.cpu_count() or 1))


def allow_files(count: int) -> None:
    """Raise the limit of open files, if it is lower than this count and a few others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHER_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
