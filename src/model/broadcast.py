"""Broadcasts: the mix of a room, sent to many (api.md section 9.3)."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mixminus.model.ids import BroadcastId, ConferenceId, CustomerId

__all__ = [
    "BROADCAST_TRANSITIONS",
    "Broadcast",
    "BroadcastEvent",
    "BroadcastProtocol",
    "BroadcastStatus",
    "IcecastTarget",
]


class BroadcastProtocol(enum.StrEnum):
    """How the audio gets to players: `hls` is low-latency HLS, of AAC; `icecast` sends it to an Icecast server, in Opus."""

    HLS = enum.auto()
    ICECAST = enum.auto()


class BroadcastStatus(enum.StrEnum):
    STARTING = enum.auto()
    LIVE = enum.auto()
    RETRYING = enum.auto()
    ENDED = enum.auto()
    FAILED = enum.auto()


class BroadcastEvent(enum.StrEnum):
    BEGUN = enum.auto()
    LOST = enum.auto()
    FINISHED = enum.auto()
    BROKEN = enum.auto()


BROADCAST_TRANSITIONS: Final[dict[BroadcastStatus, dict[BroadcastEvent, BroadcastStatus]]] = {
    BroadcastStatus.STARTING: {
        BroadcastEvent.BEGUN: BroadcastStatus.LIVE,
        BroadcastEvent.LOST: BroadcastStatus.RETRYING,
        BroadcastEvent.FINISHED: BroadcastStatus.ENDED,
        BroadcastEvent.BROKEN: BroadcastStatus.FAILED,
    },
    BroadcastStatus.LIVE: {
        BroadcastEvent.LOST: BroadcastStatus.RETRYING,
        BroadcastEvent.FINISHED: BroadcastStatus.ENDED,
        BroadcastEvent.BROKEN: BroadcastStatus.FAILED,
    },
    BroadcastStatus.RETRYING: {
        BroadcastEvent.BEGUN: BroadcastStatus.LIVE,
        BroadcastEvent.FINISHED: BroadcastStatus.ENDED,
        BroadcastEvent.BROKEN: BroadcastStatus.FAILED,
    },
    BroadcastStatus.ENDED: {},
    BroadcastStatus.FAILED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IcecastTarget:
    """A mount of an Icecast server, and who may send to it. It is kept in memory only."""

    url: str
    """``http`` or ``https``, without user and password."""
    user: str
    password: str = field(repr=False)
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A broadcast as it is now; times are None until they happen."""

    id: BroadcastId
    customer_id: CustomerId
    conference_id: ConferenceId
    protocol: BroadcastProtocol
    status: BroadcastStatus = BroadcastStatus.STARTING
    error: str = ""
    """Why it failed, or is retrying; else empty."""
    url: str = ""
    """The mount of an Icecast server that gets it; else empty."""
    tm_create: datetime
    tm_start: datetime | None = None
    tm_end: datetime | None = None
    tm_update: datetime | None = None

    @property
    def path(self) -> str:
        """Where players find it, below the root of the server; empty for Icecast."""
        if self.protocol is not BroadcastProtocol.HLS:
            return ""
        return f"/v1.0/conferences/{self.conference_id}/hls/{self.id}/index.m3u8"
