"""Listening sockets: checks that they can be bound, and error messages that name the setting."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from mixminus.app.settings import setting_name
from mixminus.errors import MixMinusError, Unavailable
from mixminus.hosts import bracketed
from mixminus.sip.config import EDGE_CLEANUP_S

__all__ = ["WHY", "bind_once", "listening", "probe"]

PATIENCE_S: Final = EDGE_CLEANUP_S + 4.0
"""How long to wait for a port: the SIP edge's clean-up time and a margin for a busy machine."""
PORT_RETRY_S: Final = 0.25
WHY: Final = {
    errno.EADDRINUSE: "is already in use; stop what listens there, or choose another port",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose one that is",
    errno.EACCES: "may not be opened by this user; choose a port above 1023",
}


async def probe(host: str, port: int, *kinds: socket.SocketKind) -> None:
    """Raise OSError if the port cannot be bound; used where the component that binds it cannot report why.

    The SIP edge of a killed server keeps its port for a moment, to hang up its calls: wait for it to exit.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return bind_once(host, port, kinds)
                except OSError as error:
                    if error.errno != errno.EADDRINUSE:
                        raise
                await asyncio.sleep(PORT_RETRY_S)
    return bind_once(host, port, kinds)


def bind_once(host: str, port: int, kinds: tuple[socket.SocketKind, ...]) -> None:
    """Raise OSError if the port cannot be bound at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                # Ignore connections of the previous run in TIME_WAIT.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))


@contextmanager
def listening(part: str, host: str, port: int, *, host_setting: str = "") -> Iterator[None]:
    """Raise Unavailable that names the settings to change if the block fails to open its socket."""
    try:
        yield
    except (OSError, MixMinusError) as error:
        why = WHY.get(getattr(error, "errno", None) or 0, f"cannot be opened ({error})")
        names = f"{setting_name(host_setting or part + '_host')}, {setting_name(part + '_port')}"
        raise Unavailable(f"{names}: {bracketed(host)}:{port} {why}") from error
