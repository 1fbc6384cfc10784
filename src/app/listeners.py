"""Listening sockets: whether they can be had, and what to say when not."""

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from mixminus.app.settings import setting_name
from mixminus.errors import MixMinusError, Unavailable
from mixminus.sip.config import EDGE_CLEANUP_S

__all__ = ["listening", "probe"]

PATIENCE_S: Final = EDGE_CLEANUP_S + 4.0
"""A process that ends needs some time beyond what it means to take, and more on a busy machine."""
PORT_RETRY_S: Final = 0.25
WHY: Final = {
    errno.EADDRINUSE: "is already in use; stop what listens there, or choose another port",
    errno.EADDRNOTAVAIL: "is not an address of this machine; choose one that is",
    errno.EACCES: "may not be opened by this user; choose a port above 1023",
}


async def probe(host: str, port: int, *kinds: socket.SocketKind) -> None:
    """Raise the OSError of a port that cannot be had, where its later owner could not say why.

    The SIP edge of a server that was killed lives on for a moment, to hang its phones up: wait for that.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return _bind_once(host, port, kinds)
                except OSError as error:
                    if error.errno != errno.EADDRINUSE:
                        raise
                await asyncio.sleep(PORT_RETRY_S)
    return _bind_once(host, port, kinds)


def _bind_once(host: str, port: int, kinds: tuple[socket.SocketKind, ...]) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                # A connection of the last run that still waits for its end is no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))


@contextmanager
def listening(part: str, host: str, port: int) -> Iterator[None]:
    """Say which setting to change when a socket cannot be had."""
    try:
        yield
    except (OSError, MixMinusError) as error:
        why = WHY.get(getattr(error, "errno", None) or 0, f"cannot be opened ({error})")
        names = f"{setting_name(part + '_host')}, {setting_name(part + '_port')}"
        raise Unavailable(f"{names}: {host}:{port} {why}") from error
