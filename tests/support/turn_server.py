"""coturn: a TURN server that accepts the credentials of a shared secret (``use-auth-secret``)."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.waiting import eventually

__all__ = ["SECRET", "turn_server"]

# RFC 8489 section 5: type, length, magic cookie, transaction id.
_BINDING_REQUEST: Final = bytes.fromhex("000100002112a442") + bytes(12)

SECRET: Final = "a secret of the TURN server"


@contextmanager
def turn_server(directory: Path) -> Iterator[str]:
    """Run coturn; yield its URI."""
    port = free_port(ADDRESS)
    log = directory / "turnserver.log"
    command = [
        "turnserver",
        "-n",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--realm=example.com",
        f"--listening-ip={ADDRESS}",
        f"--relay-ip={ADDRESS}",
        f"--listening-port={port}",
        "--no-tls",
        "--no-dtls",
        "--no-cli",
        "--log-file=stdout",
        f"--pidfile={directory / 'turnserver.pid'}",
        f"--userdb={directory / 'turndb'}",
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=directory)
        try:
            eventually(lambda: _answers(port), what=f"coturn answers a STUN request; see {log}")
            yield f"turn:{ADDRESS}:{port}?transport=udp"
        finally:
            process.terminate()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        probe.sendto(_BINDING_REQUEST, (ADDRESS, port))
        try:
            return bool(probe.recv(1500))
        except OSError:
            return False
