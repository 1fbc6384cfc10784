"""A real systemd for one unit: as process 1 of its own namespaces, on the files of this machine, with no other unit than those given.

Needs root and a kernel with control groups (version 2). Without CAP_SYS_RESOURCE systemd cannot raise limits: drop-ins must leave them.
"""

import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.support.waiting import eventually

__all__ = ["Systemd"]

_SYSTEMD: Final = "/lib/systemd/systemd"
_START_S: Final = 60.0
# A control group of its own, below which systemd makes its own ones.
_OUTSIDE: Final = """
set -e
mount --make-rprivate /
mkdir -p "$0/cgroup" "$0/state"
mount -t cgroup2 cgroup2 "$0/cgroup"
mkdir "$0/cgroup/$3"
echo $$ > "$0/cgroup/$3/cgroup.procs"
exec unshare -p -u -C -f --kill-child --mount-proc sh -c "$2" "$0" "$1"
"""
# Only what is mounted here is written to; no unit or generator of this machine is run.
_INSIDE: Final = """
set -e
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /var/log
mount --bind "$0/state" /var/lib
mkdir -p /run/lock
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test SYSTEMD_UNIT_PATH="$0/units" SYSTEMD_GENERATOR_PATH="$0/none" \\
    "$1" --system --unit=first.target
"""
_CLEAN: Final = 'mount -t cgroup2 cgroup2 "$0/cgroup" && find "$0/cgroup/$1" -depth -type d -exec rmdir {} +'
_FIRST: Final = "[Unit]\nDescription=Nothing\nDefaultDependencies=no\n"


class Systemd:
    """A context manager: systemd runs until the end of the block, which ends all of its processes."""

    def __init__(self, folder: Path, units: Mapping[str, str]) -> None:
        """``units``: texts by names such as ``a.service`` or ``a.service.d/b.conf``."""
        self._folder = folder
        self._group = f"mixminus-test-{secrets.token_hex(4)}"
        for name, text in {"first.target": _FIRST, **units}.items():
            path = folder / "units" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def __enter__(self) -> Self:
        self._log = (self._folder / "systemd.log").open("wb")
        self._process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", _OUTSIDE, str(self._folder), _SYSTEMD, _INSIDE, self._group],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(
                lambda: self.systemctl("is-active", "first.target").returncode == 0,
                timeout_s=_START_S,
                what="systemd runs",
            )
        except AssertionError as error:
            self._end()
            raise AssertionError(f"{error}: {self.log[-2000:]}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def log(self) -> str:
        return (self._folder / "systemd.log").read_text(errors="replace")

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``systemctl`` beside this systemd."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        if not children:
            return subprocess.CompletedProcess(arguments, 1, "", "systemd is not there yet")
        enter = ["nsenter", "-t", children[0], "-m", "-p", "-C", "systemctl", "--no-pager", *arguments]
        return subprocess.run(enter, capture_output=True, text=True, check=False)

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.systemctl("show", "--value", "-p", name, unit).stdout.strip()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        clean = ["unshare", "-m", "sh", "-c", _CLEAN, str(self._folder), self._group]
        # Its processes are killed, which takes a moment.
        eventually(
            lambda: subprocess.run(clean, check=False, capture_output=True).returncode == 0,
            what="the group is empty",
        )
