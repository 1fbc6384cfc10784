"""A PostgreSQL server for the tests: new data in /tmp, one Unix socket, removed at the end.

PostgreSQL refuses to run as root, so root runs it as ``nobody``; root of a user namespace
that has no other users (``tests.support.netns`` as an ordinary user) runs it in a nested namespace.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.support.waiting import eventually

__all__ = ["PostgreSQL"]

NOBODY: Final = 65534
START_TIMEOUT_S: Final = 60.0
# The tests kill servers, never the machine: no data must reach the disk.
SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "log_min_messages": "warning",
}


class PostgreSQL:
    """One server with a database for each test."""

    def __init__(self, **settings: str) -> None:
        """``settings`` are of ``postgresql.conf``, in place of those of all tests."""
        self._settings = {**SETTINGS, **settings}
        self.directory = Path(tempfile.mkdtemp(prefix="mm-pg-", dir="/tmp"))
        self._data = self.directory / "data"
        if _may_become_nobody():
            os.chown(self.directory, NOBODY, NOBODY)
        self._run(_program("initdb"), "-D", self._data, "-U", "mixminus", "-A", "trust", "-E", "UTF8", "-N")
        self.start()

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [_program("postgres"), "-D", self._data, "-k", self.directory, *options]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                _unprivileged(command), cwd="/", stdout=log, stderr=log, user=_identity(), group=_identity()
            )
        eventually(self._answers, timeout_s=START_TIMEOUT_S, what="PostgreSQL accepts connections")

    @property
    def pid(self) -> int:
        """The process id of the server's main process."""
        return self._process.pid

    def url(self, database: str) -> str:
        """Return the database URL for mixminus."""
        return f"postgresql+asyncpg://mixminus@/{database}?host={self.directory}"

    def create(self, database: str, template: str = "template0") -> str:
        """Create a database that is empty, or a copy of one without connections; return its URL."""
        self.execute("postgres", f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def copy(self, source: str, target: str) -> None:
        """Copy a database that is in use, in its present committed state."""
        self.create(target)
        self.execute(target, self.dump(source).decode())

    def execute(self, database: str, statements: str) -> None:
        """Run SQL; raise CalledProcessError if a statement fails."""
        command = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", *self._address(database)]
        subprocess.run(command, input=statements.encode(), check=True, stdout=subprocess.DEVNULL)

    def rows(self, database: str, query: str) -> list[list[str]]:
        """Return what a query finds, each value as text."""
        command = ["psql", "-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", *self._address(database)]
        found = subprocess.run(command, input=query.encode(), check=True, stdout=subprocess.PIPE).stdout
        return [line.split("\t") for line in found.decode().splitlines()]

    def dump(self, database: str) -> bytes:
        """Return everything in a database, as SQL."""
        command = [_program("pg_dump"), *self._address(database)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def stop(self) -> None:
        """Stop the server, even if clients are connected; keep its data."""
        self._run(_program("pg_ctl"), "-D", self._data, "-m", "fast", "stop")
        self._process.wait()

    def close(self) -> None:
        """Stop the server at once, and remove its data."""
        if self._process.poll() is None:
            self._run(_program("pg_ctl"), "-D", self._data, "-m", "immediate", "stop")
        self._process.wait()
        shutil.rmtree(self.directory)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.directory / "log").read_text()
        ready = [_program("pg_isready"), "-q", *self._address("postgres")]
        return subprocess.run(ready, check=False).returncode == 0

    def _address(self, database: str) -> list[str]:
        return ["-h", str(self.directory), "-U", "mixminus", "-d", database]

    def _run(self, *command: object) -> None:
        subprocess.run(
            _unprivileged(list(command)),
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
            user=_identity(),
            group=_identity(),
        )


def _program(name: str) -> str:
    """Return the path of a server program; Debian keeps them outside PATH."""
    if found := shutil.which(name):
        return found
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    assert versions, f"{name} is missing: tools/install_packages.sh test"
    return str(versions[-1])


def _may_become_nobody() -> bool:
    mapped = sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines())
    return os.geteuid() == 0 and mapped > NOBODY


def _identity() -> int | None:
    return NOBODY if _may_become_nobody() else None


def _unprivileged(command: list[object]) -> list[str]:
    words = [str(word) for word in command]
    if os.geteuid() != 0 or _may_become_nobody():
        return words
    return ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--", *words]
