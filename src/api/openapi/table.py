"""Every operation, in the order of the document."""

from typing import Final

from mixminus.api.openapi import (
    access,
    calls,
    conferences,
    events,
    flows,
    media_streams,
    recordings,
    rooms,
    system,
    transcribes,
    whip,
)

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    *conferences.OPERATIONS,
    *rooms.OPERATIONS,
    *calls.OPERATIONS,
    *flows.OPERATIONS,
    *recordings.OPERATIONS,
    *transcribes.OPERATIONS,
    *media_streams.OPERATIONS,
    *whip.OPERATIONS,
    *events.OPERATIONS,
    *access.OPERATIONS,
    *system.OPERATIONS,
)
