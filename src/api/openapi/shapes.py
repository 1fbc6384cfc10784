"""What the API answers, as schemas: the render functions make exactly these; a test holds them to it.

Nothing is validated on the way out: a handler renders and sends.
"""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from mixminus.model.call import CallStatus, HangupBy, HangupReason
from mixminus.model.conference import Announce, ConferencecallStatus, ConferenceStatus, Prompting, Role
from mixminus.model.menu import MenuAction
from mixminus.model.recording import RecordingStatus

__all__ = [
    "Address",
    "Call",
    "CallPage",
    "Conference",
    "ConferencePage",
    "Conferencecall",
    "ConferencecallPage",
    "Error",
    "ErrorEnvelope",
    "Event",
    "EventPage",
    "Hears",
    "PageShape",
    "Pong",
    "Recording",
    "RecordingFile",
    "RecordingPage",
    "Reference",
    "Shape",
    "Talker",
    "Talkers",
    "Timestamp",
    "Undelivered",
]

_TIME: Final = r"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}\.\d{6}|T\d{2}:\d{2}:\d{2}\.\d{6}Z)$"

Timestamp = Annotated[
    Annotated[str, Field(pattern=_TIME)] | None,
    Field(
        description="UTC, to the microsecond; `9999-01-01 00:00:00.000000`, or null with RFC 3339 times, is never"
    ),
]
Reference = Annotated[UUID, Field(description="the nil UUID means none")]


class Shape(BaseModel):
    """A JSON object that the server writes."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class Conference(Shape):
    """A room."""

    id: UUID
    customer_id: UUID
    type: Literal["conference", "connect"]
    """A `connect` room is for two: when one leaves, it ends."""
    status: ConferenceStatus
    """Only ever goes forward."""
    name: str
    detail: str
    data: dict[str, Any]
    """Yours; kept and given back."""
    timeout: int = Field(ge=0)
    """Seconds after which the room is closed; 0 is never."""
    pre_actions: list[dict[str, Any]]
    """What a call does before it is heard in the room."""
    post_actions: list[dict[str, Any]]
    """What a call does after it has left the room."""
    pre_flow_id: Reference
    post_flow_id: Reference
    conferencecall_ids: list[UUID]
    """Who is in the room, in the order of their coming."""
    recording_id: Reference
    """What records the room now."""
    recording_ids: list[UUID]
    """Every recording of the room, the running one last."""
    transcribe_id: Reference
    transcribe_ids: list[UUID]
    direct_hash: str = Field(pattern=r"^direct\.[0-9a-f]{12}$")
    """A name that phones can dial instead of the id."""
    max_participants: int = Field(ge=0)
    """How many may be in the room; 0 is no limit."""
    pin: str | None
    """What a participant must know, empty for nothing; null where it is not told, as in events."""
    moderator_pin: str | None
    """What makes whoever comes a moderator."""
    locked: bool
    """Nobody else comes in."""
    wait_for_moderator: bool
    """Nobody hears anybody before a moderator is there."""
    end_when_moderator_leaves: bool
    entry_tone: bool
    exit_tone: bool
    music_when_alone: bool
    record_on_start: bool
    announce: Announce
    """What the room is told by speech when somebody comes or goes: nothing, how many there are, or who."""
    prompts: Prompting
    """What a participant is told by speech: nothing, to enter the pin, or all there is to tell."""
    language: str
    """Of prompts and announcements; empty is the server's."""
    prompt_texts: dict[str, str]
    """Prompts in the room's own words: a text, or `sound:` and the name of a file in the folder of sounds."""
    dtmf_menu: dict[str, MenuAction]
    """What participants do by keys, 1 to 4 of them, and no entry the beginning of another; empty for nothing."""
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Conferencecall(Shape):
    """Somebody's being in a room: a participant."""

    id: UUID
    customer_id: UUID
    activeflow_id: Reference
    conference_id: UUID
    reference_type: Literal["call"]
    reference_id: UUID
    """The call by which the participant came."""
    status: ConferencecallStatus
    role: Role
    muted: bool
    """Nobody hears the participant."""
    deaf: bool
    """The participant hears nobody."""
    gain_db: float
    """How much louder the others hear the participant."""
    talking: bool
    label: str
    """Yours; kept and given back."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Address(Shape):
    """Who calls, or who is called."""

    type: Literal["", "tel", "sip", "extension", "agent", "conference"]
    target: str
    target_name: str
    name: str
    detail: str


class Call(Shape):
    """A phone's or a browser's call."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: Reference
    flow_id: Reference
    activeflow_id: Reference
    type: Literal["flow"]
    master_call_id: Reference
    chained_call_ids: list[UUID]
    recording_id: Reference
    recording_ids: list[UUID]
    groupcall_id: Reference
    source: Address
    destination: Address
    status: CallStatus
    action: dict[str, Any]
    """What the call's flow does now."""
    metadata: dict[str, Any]
    direction: Literal["incoming", "outgoing"]
    mute_direction: Literal["", "in", "out", "both"]
    """`in`: others do not hear it; `out`: it does not hear others."""
    hangup_by: HangupBy
    hangup_reason: HangupReason
    tm_progressing: Timestamp
    tm_ringing: Timestamp
    tm_hangup: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class RecordingFile(Shape):
    """A file of a recording, to be had at /recordingfiles/{id}?track=..."""

    track: str
    """`mix` is the recording itself."""
    name: str
    bytes: int = Field(ge=0)
    sha256: str


class Recording(Shape):
    """A recording; its sound is at /recordingfiles/{id} once it has ended."""

    id: UUID
    customer_id: UUID
    owner_type: str
    owner_id: Reference
    activeflow_id: Reference
    reference_type: Literal["confbridge", "call"]
    reference_id: UUID
    """What was recorded."""
    status: RecordingStatus
    format: Literal["wav", "flac", "ogg", "mp3", "m4a"]
    channels: Literal["mono", "stereo"]
    stems: bool
    """Whether each who is heard has a file, too."""
    paused: Literal["", "silence", "cut"]
    """How it is paused now."""
    progress: float | None
    """Share that is encoded, 0 to 1, while it is."""
    error: str
    """What has happened to it, or nothing: `disk_full`, `disk_failed`, `repaired` after a crash, `encoding_failed` (it is a WAV), `not_completed`."""
    seal: str
    """The last hash of its timeline, once it has ended: whoever keeps it can prove that nothing was changed."""
    files: list[RecordingFile]
    """Once it has ended, the recording itself first, then its stems."""
    on_end_flow_id: Reference
    tm_start: Timestamp
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Talker(Shape):
    """Somebody who is in the room at this moment."""

    conferencecall_id: UUID
    call_id: UUID
    session_id: UUID
    name: str
    level_dbov: int = Field(ge=-127, le=0)
    """-127 is silence, 0 is full scale."""
    talking: bool
    muted: bool
    delay_ms: float
    """Audio that waits in the jitter buffer."""
    jitter_ms: float
    """RFC 3550 appendix A.8."""
    loss: float = Field(ge=0, le=1)
    """Fraction of the participant's packets that never came."""
    round_trip_ms: float | None
    """null until it is known."""
    mos: float | None
    """How the participant sounds, estimated, 1.0 to 4.5; null until it is known."""


class Talkers(Shape):
    """Everybody who is in the room at this moment."""

    result: list[Talker]


class PageShape(Shape):
    """Some of many, newest first."""

    next_page_token: str
    """For `page_token` of the next request; empty when nothing older remains."""


class ConferencePage(PageShape):
    """Conferences, newest first."""

    result: list[Conference]


class ConferencecallPage(PageShape):
    """Participants of all states, newest first."""

    result: list[Conferencecall]


class CallPage(PageShape):
    """Calls, newest first."""

    result: list[Call]


class RecordingPage(PageShape):
    """Recordings, newest first."""

    result: list[Recording]


class Event(Shape):
    """Something that has happened."""

    id: int
    """Orders all events; what `after` takes."""
    stream_id: UUID
    """The conference, or the customer for what belongs to none."""
    number: int
    """Counts the events of the stream without gaps, from 1."""
    type: str
    data: dict[str, Any]
    """What it happened to, as it was then."""


class EventPage(Shape):
    """Events, oldest first."""

    result: list[Event]
    next_after: int
    """For `after` of the next request."""


class UndeliveredEvent(Shape):
    """An event that the webhook would not take."""

    id: int
    http_status: int
    """What the webhook said last; 0 if nothing."""
    tm: Timestamp


class Undelivered(Shape):
    """Events that the webhook would not take, oldest first."""

    result: list[UndeliveredEvent]


class HearsException(Shape):
    """How loud one participant hears another."""

    listener: UUID
    speaker: UUID
    gain_db: float | None
    """null is silence."""


class Whisper(Shape):
    """Only these hear the speaker."""

    speaker: UUID
    listeners: list[UUID]


class Hears(Shape):
    """Who hears whom, as exceptions to everybody hearing everybody but themselves."""

    exceptions: list[HearsException]
    whisper: list[Whisper]
    result: list[HearsException]
    """The pairs that the rules come to at this moment."""


class Pong(Shape):
    """The server is ready."""

    message: Literal["pong"]


class Error(Shape):
    """Why a request was refused."""

    status: str
    """What sort of error it is."""
    reason: str
    """Which error it is: the word to branch on."""
    message: str
    """For people; it may change."""
    request_id: str
    """The same as the header `X-Request-Id`, and as in the server's log."""


class ErrorEnvelope(Shape):
    """What every error looks like."""

    error: Error
