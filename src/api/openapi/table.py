"""Every operation, in the order of the document."""

from typing import Final

from mixminus.api.openapi import calls, conferences, recordings, system, whip

__all__ = ["OPERATIONS"]

OPERATIONS: Final = (
    *conferences.OPERATIONS,
    *calls.OPERATIONS,
    *recordings.OPERATIONS,
    *whip.OPERATIONS,
    *system.OPERATIONS,
)
