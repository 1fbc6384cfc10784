"""Transports: the way that outgoing calls leave the server, while there is one."""

from mixminus.call.leg import Address, OutgoingLeg, OutgoingLegs, Target
from mixminus.errors import Unavailable

__all__ = ["Transports"]


class Transports:
    """Dials by the transport that is open; implements ``OutgoingLegs``."""

    def __init__(self) -> None:
        self._open: OutgoingLegs | None = None

    def open(self, legs: OutgoingLegs) -> None:
        """Dial by this transport from now on."""
        self._open = legs

    def close(self) -> None:
        """Refuse to dial from now on."""
        self._open = None

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> OutgoingLeg:
        """Begin a call and return at once; raise Unavailable while no transport is open."""
        if self._open is None:
            raise Unavailable("no transport can place calls now; try again when GET /ping answers 200")
        return self._open.dial(target, source=source, anonymous=anonymous)
