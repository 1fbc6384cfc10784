"""Every operation, in the order of the document."""

from typing import Final

from mixminus.api.openapi import access, calls, conferences, events, flows, recordings, rooms, system, whip

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    *conferences.OPERATIONS,
    *rooms.OPERATIONS,
    *calls.OPERATIONS,
    *flows.OPERATIONS,
    *recordings.OPERATIONS,
    *whip.OPERATIONS,
    *events.OPERATIONS,
    *access.OPERATIONS,
    *system.OPERATIONS,
)
