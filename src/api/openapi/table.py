"""Every operation, in the order of the document."""

from typing import Final

from mixminus.api.openapi import (
    access,
    call_recordings,
    calls,
    conferences,
    dialling,
    events,
    flows,
    recordings,
    rooms,
    system,
    whip,
)

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    *conferences.OPERATIONS,
    *rooms.OPERATIONS,
    *calls.OPERATIONS,
    *dialling.OPERATIONS,
    *call_recordings.OPERATIONS,
    *flows.OPERATIONS,
    *recordings.OPERATIONS,
    *whip.OPERATIONS,
    *events.OPERATIONS,
    *access.OPERATIONS,
    *system.OPERATIONS,
)
