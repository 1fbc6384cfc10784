"""Every operation, in the order of the document."""

from typing import Final

from mixminus.api.openapi import (
    access,
    asides,
    call_recordings,
    calls,
    conferences,
    dialling,
    directory,
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
    *call_recordings.OPERATIONS,
    *dialling.OPERATIONS,
    *asides.OPERATIONS,
    *flows.OPERATIONS,
    *recordings.OPERATIONS,
    *whip.OPERATIONS,
    *events.OPERATIONS,
    *directory.OPERATIONS,
    *access.OPERATIONS,
    *system.OPERATIONS,
)
