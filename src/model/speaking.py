"""Speakings: sessions in which a program says text to a call or a room, piece by piece (api.md section 5.4)."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from mixminus.model.ids import CustomerId, SpeakingId

__all__ = [
    "SPEAKING_TRANSITIONS",
    "Speaking",
    "SpeakingDirection",
    "SpeakingEvent",
    "SpeakingReference",
    "SpeakingSpec",
    "SpeakingStatus",
]

SpeakingReference = Literal["call", "confbridge"]
SpeakingDirection = Literal["none", "in", "both"]
"""Who hears it of a call: itself (``in``, and ``none``), or with it all others in its room."""


class SpeakingStatus(enum.StrEnum):
    ACTIVE = enum.auto()
    STOPPED = enum.auto()


class SpeakingEvent(enum.StrEnum):
    STOP = enum.auto()


SPEAKING_TRANSITIONS: Final[dict[SpeakingStatus, dict[SpeakingEvent, SpeakingStatus]]] = {
    SpeakingStatus.ACTIVE: {SpeakingEvent.STOP: SpeakingStatus.STOPPED},
    SpeakingStatus.STOPPED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakingSpec:
    """What a session is to be."""

    reference_type: SpeakingReference
    reference_id: UUID
    """Of the call, or of the conference."""
    language: str = ""
    """BCP 47; empty is the room's, or the server's."""
    provider: str = ""
    voice_id: str = ""
    direction: SpeakingDirection = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """One session, as it is now."""

    id: SpeakingId
    customer_id: CustomerId
    spec: SpeakingSpec
    status: SpeakingStatus
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
