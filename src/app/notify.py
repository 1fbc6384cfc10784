"""Messages to the service manager (sd_notify(3), systemd's readiness protocol)."""

import os
import socket
from typing import Final

__all__ = ["notify"]

SOCKET: Final = "NOTIFY_SOCKET"


def notify(**states: str) -> None:
    """Send states such as ``READY="1"`` to the service manager; do nothing where there is none, or it has gone."""
    address = os.environ.get(SOCKET, "")
    if not address:
        return
    if address.startswith("@"):  # Linux' abstract namespace
        address = "\0" + address[1:]
    message = "\n".join(f"{name}={value}" for name, value in states.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        try:
            manager.connect(address)
            manager.send(message.encode())
        except OSError:
            return
