"""Conferences and conferencecalls (api.md sections 2 and 3)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self
from uuid import UUID

from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId
from mixminus.model.menu import MenuAction

__all__ = [
    "CONFERENCECALL_TRANSITIONS",
    "CONFERENCE_TRANSITIONS",
    "IN_ROOM",
    "SEAT_TRANSITIONS",
    "Announce",
    "ByRoom",
    "Conference",
    "ConferenceEvent",
    "ConferenceProfile",
    "ConferenceSpec",
    "ConferenceStatus",
    "ConferenceType",
    "Conferencecall",
    "ConferencecallEvent",
    "ConferencecallStatus",
    "ParticipantChange",
    "Prompting",
    "Role",
    "RoomSettings",
    "SeatEvent",
    "SeatState",
    "Wording",
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


# Forward only. A conference may be deleted while it is starting.
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
    HUNG_UP = enum.auto()
    LEFT = enum.auto()


# One that has joined passes through leaving in any case: kicked, or because its call ends.
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
        ConferencecallEvent.HUNG_UP: ConferencecallStatus.LEAVING,
    },
    ConferencecallStatus.LEAVING: {ConferencecallEvent.LEFT: ConferencecallStatus.LEAVED},
    ConferencecallStatus.LEAVED: {},
}


class SeatState(enum.StrEnum):
    """State of a participant's place in a room; its row shows only ``ConferencecallStatus``."""

    RESERVED = enum.auto()
    """Pre-actions run; the audio is not connected yet."""
    LOBBY = enum.auto()
    """The participant waits for a moderator, or to be admitted."""
    JOINED = enum.auto()
    LEAVING = enum.auto()
    """Kicked, or the room closes; the seat is kept until the call's flow gives it back."""
    LEFT = enum.auto()


IN_ROOM: Final = frozenset({SeatState.LOBBY, SeatState.JOINED})
"""A participant hears what is played to the room or to the lobby, and can be moved."""


class SeatEvent(enum.StrEnum):
    HELD = enum.auto()
    CONNECTED = enum.auto()
    DISMISSED = enum.auto()
    GIVEN_BACK = enum.auto()


SEAT_TRANSITIONS: Final[dict[SeatState, dict[SeatEvent, SeatState]]] = {
    SeatState.RESERVED: {
        SeatEvent.HELD: SeatState.LOBBY,
        SeatEvent.CONNECTED: SeatState.JOINED,
        SeatEvent.DISMISSED: SeatState.LEAVING,
        SeatEvent.GIVEN_BACK: SeatState.LEFT,
    },
    SeatState.LOBBY: {
        SeatEvent.CONNECTED: SeatState.JOINED,
        SeatEvent.DISMISSED: SeatState.LEAVING,
        SeatEvent.GIVEN_BACK: SeatState.LEFT,
    },
    SeatState.JOINED: {SeatEvent.DISMISSED: SeatState.LEAVING, SeatEvent.GIVEN_BACK: SeatState.LEFT},
    SeatState.LEAVING: {SeatEvent.GIVEN_BACK: SeatState.LEFT},
    SeatState.LEFT: {},
}


ConferenceType = Literal["conference", "connect", "queue"]
"""A ``queue`` room works as a ``conference``; clients use the type to distinguish the two."""
Announce = Literal["", "count", "names"]
"""What is announced when participants join and leave: nothing, their number, or their names."""
Prompting = Literal["off", "pin", "all"]
"""Which prompts a participant hears."""
ByRoom = Literal["room", "on", "off"]
"""What is done to a participant's audio: as its room says, always, or never."""
_INSTANT: Final = timedelta(microseconds=1)


class Role(enum.StrEnum):
    """The role of a participant."""

    PARTICIPANT = enum.auto()
    MODERATOR = enum.auto()


@dataclass(frozen=True, slots=True)
class Wording:
    """The language of a conference's prompts, and the texts that replace the built-in ones."""

    language: str = ""
    """BCP 47; empty is the server's default."""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSettings:
    """Settings of a room; an extension of the compatible API."""

    max_participants: int = 0
    """0 for no limit."""
    pin: str = ""
    """PIN of participants; empty for none."""
    moderator_pin: str = ""
    """PIN of moderators; empty for none."""
    locked: bool = False
    wait_for_moderator: bool = False
    lobby: bool = False
    """Participants wait until they are admitted one by one."""
    end_when_moderator_leaves: bool = False
    entry_tone: bool = False
    exit_tone: bool = False
    music_when_alone: bool = False
    record_on_start: bool = False
    announce: Announce = ""
    prompts: Prompting = "pin"
    language: str = ""
    """The language that is spoken in the room, a BCP 47 tag: of prompts, announcements and transcriptions. Empty: the server's, of prompts and announcements."""
    prompt_texts: dict[str, str] = field(default_factory=dict)
    """Texts that replace prompts, by their names in ``sound.prompts``."""
    dtmf_menu: dict[str, MenuAction] = field(default_factory=dict)
    """Actions of keys; empty for none."""
    relay_digits: bool = False
    """Digits that the menu leaves are sent to the other participants."""
    levelling: bool = False
    """Participants are brought to a common loudness."""
    noise_suppression: bool = False
    """Noise is removed from what the others hear of each participant."""

    @property
    def wording(self) -> Wording:
        return Wording(self.language, self.prompt_texts)

    @property
    def asks_pin(self) -> bool:
        return bool(self.pin or self.moderator_pin)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceProfile:
    """The fields of a conference that a PUT replaces (api.md section 2.2)."""

    name: str = ""
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    timeout_s: int = 0
    pre_actions: tuple[dict[str, Any], ...] = ()
    post_actions: tuple[dict[str, Any], ...] = ()
    pre_flow_id: UUID = NIL
    post_flow_id: UUID = NIL
    settings: RoomSettings = RoomSettings()


@dataclass(frozen=True, slots=True)
class ConferenceSpec(ConferenceProfile):
    """The request to create a conference: its profile, and fields that never change."""

    type: ConferenceType
    id: ConferenceId | None = None
    breakout_of: UUID = NIL
    """The main room, if it is a breakout room."""


@dataclass(frozen=True, slots=True)
class Conference:
    """A conference (api.md section 2.1); times are None until they happen."""

    id: ConferenceId
    customer_id: CustomerId
    type: ConferenceType
    status: ConferenceStatus
    name: str
    detail: str
    data: dict[str, Any]
    timeout_s: int
    pre_actions: tuple[dict[str, Any], ...]
    post_actions: tuple[dict[str, Any], ...]
    pre_flow_id: UUID
    post_flow_id: UUID
    conferencecall_ids: tuple[UUID, ...]
    recording_id: UUID
    recording_ids: tuple[UUID, ...]
    transcribe_id: UUID
    transcribe_ids: tuple[UUID, ...]
    direct_hash: str
    settings: RoomSettings
    tm_create: datetime
    tm_update: datetime | None = None
    tm_end: datetime | None = None
    tm_delete: datetime | None = None
    breakout_of: UUID = NIL
    """The main room of a breakout room."""
    tm_timeout: datetime | None = None
    """When the conference closes by its timeout; not part of the API."""

    @property
    def begins_with_room(self) -> bool:
        """Whether a participant runs nothing before it enters the room."""
        return not self.pre_actions and self.pre_flow_id == NIL

    def changed(self, now: datetime, **changes: Any) -> Self:
        """Return the conference with some of its fields changed, and a later ``tm_update`` than it had."""
        last = self.tm_update or self.tm_create
        return replace(self, tm_update=max(now, last + _INSTANT), **changes)


@dataclass(frozen=True, slots=True)
class Conferencecall:
    """A participant (api.md section 3.1)."""

    id: ConferencecallId
    customer_id: CustomerId
    conference_id: ConferenceId
    reference_id: CallId
    status: ConferencecallStatus
    tm_create: datetime
    reference_type: Literal["call"] = "call"
    activeflow_id: UUID = NIL
    role: Role = Role.PARTICIPANT
    muted: bool = False
    deaf: bool = False
    gain_db: float = 0.0
    levelling: ByRoom = "room"
    noise_suppression: ByRoom = "room"
    talking: bool = False
    on_hold: bool = False
    waiting: bool = False
    """In the lobby: for a moderator, or to be admitted."""
    hand_raised: bool = False
    label: str = ""
    tm_join: datetime | None = None
    """When audio was connected, None if never; not part of the API."""
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantChange:
    """A change of a participant; None leaves a field unchanged."""

    role: Role | None = None
    muted: bool | None = None
    deaf: bool | None = None
    gain_db: float | None = None
    levelling: ByRoom | None = None
    noise_suppression: ByRoom | None = None
    label: str | None = None
    hand_raised: bool | None = None

    def applied_to(self, participant: Conferencecall) -> Conferencecall:
        given = {field_.name: getattr(self, field_.name) for field_ in fields(self)}
        return replace(participant, **{name: value for name, value in given.items() if value is not None})
