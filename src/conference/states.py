"""The lifecycles of a conference and of its participants (api.md sections 4.1 and 3.1)."""

import enum
from typing import Final

__all__ = [
    "CONFERENCECALL_TRANSITIONS",
    "CONFERENCE_TRANSITIONS",
    "ConferenceEvent",
    "ConferenceStatus",
    "ConferencecallEvent",
    "ConferencecallStatus",
]


class ConferenceStatus(enum.StrEnum):
    STARTING = enum.auto()
    PROGRESSING = enum.auto()
    TERMINATING = enum.auto()
    TERMINATED = enum.auto()


class ConferenceEvent(enum.StrEnum):
    BRIDGE_OPENED = enum.auto()
    DELETED = enum.auto()
    EMPTIED = enum.auto()


# Forward only. DELETED while starting is legal: a room may die before it lived.
CONFERENCE_TRANSITIONS: Final[dict[ConferenceStatus, dict[ConferenceEvent, ConferenceStatus]]] = {
    ConferenceStatus.STARTING: {
        ConferenceEvent.BRIDGE_OPENED: ConferenceStatus.PROGRESSING,
        ConferenceEvent.DELETED: ConferenceStatus.TERMINATING,
    },
    ConferenceStatus.PROGRESSING: {ConferenceEvent.DELETED: ConferenceStatus.TERMINATING},
    ConferenceStatus.TERMINATING: {ConferenceEvent.EMPTIED: ConferenceStatus.TERMINATED},
    ConferenceStatus.TERMINATED: {},
}


class ConferencecallStatus(enum.StrEnum):
    JOINING = enum.auto()
    JOINED = enum.auto()
    LEAVING = enum.auto()
    LEAVED = enum.auto()


class ConferencecallEvent(enum.StrEnum):
    AUDIO_CONNECTED = enum.auto()
    KICKED = enum.auto()
    LEFT = enum.auto()


# A hang-up goes straight to leaved; leaving is the way of a kick.
CONFERENCECALL_TRANSITIONS: Final[
    dict[ConferencecallStatus, dict[ConferencecallEvent, ConferencecallStatus]]
] = {
    ConferencecallStatus.JOINING: {
        ConferencecallEvent.AUDIO_CONNECTED: ConferencecallStatus.JOINED,
        ConferencecallEvent.KICKED: ConferencecallStatus.LEAVING,
        ConferencecallEvent.LEFT: ConferencecallStatus.LEAVED,
    },
    ConferencecallStatus.JOINED: {
        ConferencecallEvent.KICKED: ConferencecallStatus.LEAVING,
        ConferencecallEvent.LEFT: ConferencecallStatus.LEAVED,
    },
    ConferencecallStatus.LEAVING: {ConferencecallEvent.LEFT: ConferencecallStatus.LEAVED},
    ConferencecallStatus.LEAVED: {},
}
