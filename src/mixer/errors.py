"""Errors of the engine that are no one else's."""

from mixminus.errors import Conflict

__all__ = ["PortClosed"]


class PortClosed(Conflict):
    """The port was closed, or its engine."""

    reason = "PORT_CLOSED"
