"""A network behind a firewall that passes TCP and drops UDP: a namespace, and a program that runs in it."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.waiting import eventually

__all__ = ["without_udp"]

_OUTSIDE, _INSIDE = "10.98.0.1", "10.98.0.2"
_PRIORITY: Final = "10"  # of the rule, before the routes


def _ip(*arguments: str, within: int | None = None) -> None:
    prefix = ["nsenter", f"--target={within}", "--net"] if within else []
    subprocess.run([*prefix, "ip", *arguments], check=True)


@contextmanager
def without_udp(directory: Path, program: str) -> Iterator[str]:
    """Make the network; yield the path of a script that runs ``program`` in it."""
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as holder:
        try:
            own = Path("/proc/self/ns/net").readlink()
            theirs = Path(f"/proc/{holder.pid}/ns/net")
            eventually(lambda: theirs.readlink() != own, what="the network is there")
            _ip("link", "add", "fw0", "type", "veth", "peer", "name", "fw1", "netns", str(holder.pid))
            _ip("addr", "add", f"{_OUTSIDE}/24", "dev", "fw0")
            _ip("link", "set", "fw0", "up")
            _ip("addr", "add", f"{_INSIDE}/24", "dev", "fw1", within=holder.pid)
            _ip("link", "set", "fw1", "up", within=holder.pid)
            _ip("link", "set", "lo", "up", within=holder.pid)
            _ip("route", "add", "default", "via", _OUTSIDE, within=holder.pid)
            _ip("rule", "add", "ipproto", "udp", "prio", _PRIORITY, "blackhole", within=holder.pid)
            script = directory / "behind_the_firewall"
            script.write_text(
                f'#!/bin/sh\nexec nsenter --target={holder.pid} --net {shlex.quote(program)} "$@"\n'
            )
            script.chmod(0o755)
            yield str(script)
        finally:
            holder.kill()
