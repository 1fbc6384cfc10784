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
    media_streams,
    recordings,
    rooms,
    system,
    transcribes,
    transfers,
    whip,
)

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    *conferences.OPERATIONS,
    *rooms.OPERATIONS,
    *calls.OPERATIONS,
    *call_recordings.OPERATIONS,
    *dialling.OPERATIONS,
    *transfers.OPERATIONS,
    *asides.OPERATIONS,
    *flows.OPERATIONS,
    *recordings.OPERATIONS,
    *transcribes.OPERATIONS,
    *media_streams.OPERATIONS,
    *whip.OPERATIONS,
    *events.OPERATIONS,
    *directory.OPERATIONS,
    *access.OPERATIONS,
    *system.OPERATIONS,
)
