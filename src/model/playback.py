"""Playbacks: what is said or played to a room, or to one of its participants (api.md section 2.4)."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from mixminus.model.ids import NIL, ConferencecallId, ConferenceId, CustomerId, PlaybackId

__all__ = [
    "PLAYBACK_TRANSITIONS",
    "WHOLE_ROOM",
    "Playback",
    "PlaybackEvent",
    "PlaybackRequest",
    "PlaybackStatus",
]

WHOLE_ROOM: Final = ConferencecallId(NIL)


class PlaybackStatus(enum.StrEnum):
    QUEUED = enum.auto()
    PLAYING = enum.auto()
    FINISHED = enum.auto()
    STOPPED = enum.auto()
    FAILED = enum.auto()


class PlaybackEvent(enum.StrEnum):
    BEGUN = enum.auto()
    PLAYED = enum.auto()
    STOP = enum.auto()
    BROKEN = enum.auto()


PLAYBACK_TRANSITIONS: Final[dict[PlaybackStatus, dict[PlaybackEvent, PlaybackStatus]]] = {
    PlaybackStatus.QUEUED: {
        PlaybackEvent.BEGUN: PlaybackStatus.PLAYING,
        PlaybackEvent.STOP: PlaybackStatus.STOPPED,
        PlaybackEvent.BROKEN: PlaybackStatus.FAILED,
    },
    PlaybackStatus.PLAYING: {
        PlaybackEvent.PLAYED: PlaybackStatus.FINISHED,
        PlaybackEvent.STOP: PlaybackStatus.STOPPED,
        PlaybackEvent.BROKEN: PlaybackStatus.FAILED,
    },
    PlaybackStatus.FINISHED: {},
    PlaybackStatus.STOPPED: {},
    PlaybackStatus.FAILED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackRequest:
    """What is to be played: a text, or files one after the other."""

    text: str = ""
    language: str = ""
    """BCP 47; empty is the room's, or the server's."""
    voice: str = ""
    stream_urls: tuple[str, ...] = ()
    """Files of the folder of sounds, and http(s) URLs; empty for a text."""
    loop: int = 1
    """How many times; 0 is until it is stopped."""
    gain_db: float = 0.0
    duck_db: float = 0.0
    """By how much the talkers are lowered meanwhile; 0 mixes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """One request to play, as it is now; times are None until they happen."""

    id: PlaybackId
    customer_id: CustomerId
    conference_id: ConferenceId
    conferencecall_id: ConferencecallId
    """The only participant that hears it; nil for the whole room."""
    type: Literal["talk", "play"]
    status: PlaybackStatus
    request: PlaybackRequest
    error: str = ""
    """Why it failed."""
    tm_create: datetime
    tm_start: datetime | None = None
    tm_end: datetime | None = None
    tm_update: datetime | None = None
