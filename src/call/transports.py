"""Transports: dials within the server, or through the SIP transport while it is open."""

from mixminus.call.leg import Address, OutgoingLeg, OutgoingLegs, Target
from mixminus.errors import Unavailable

__all__ = ["Transports"]


class Transports:
    """Delegates to the transport of a target; implements ``OutgoingLegs``."""

    def __init__(self, local: OutgoingLegs) -> None:
        """``local`` dials targets within the server."""
        self._local = local
        self._open: OutgoingLegs | None = None

    def open(self, legs: OutgoingLegs) -> None:
        """Set the transport that dials."""
        self._open = legs

    def close(self) -> None:
        """Remove the transport: dialling raises Unavailable."""
        self._open = None

    def dial(self, target: Target, *, source: Address, anonymous: bool) -> OutgoingLeg:
        """Start a call and return at once; raise Unavailable while no transport is open."""
        if target.within is not None:
            return self._local.dial(target, source=source, anonymous=anonymous)
        if self._open is None:
            raise Unavailable("no transport can place calls now; try again when GET /ping answers 200")
        return self._open.dial(target, source=source, anonymous=anonymous)
