"""Conferences and participants (api.md sections 2.1 and 3.1)."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.model.conference import (
    Announce,
    ByRoom,
    ConferencecallStatus,
    ConferenceStatus,
    ConferenceType,
    Prompting,
    Role,
)
from mixminus.model.menu import MenuAction
from mixminus.wire.view import Hash, Reference, SetSecret, Timestamp, View

__all__ = ["ConferenceView", "ConferencecallView"]


def _setting(name: str, **constraints: Any) -> Any:
    return Field(validation_alias=AliasPath("settings", name), **constraints)


class ConferenceView(View):
    """A conference room."""

    id: UUID
    customer_id: UUID
    type: ConferenceType
    """A `connect` room is for two: it ends when one of them leaves. A `queue` room works as a `conference`."""
    status: ConferenceStatus
    """Never goes back to an earlier status."""
    name: str
    detail: str
    data: dict[str, Any]
    """Your own data, stored and returned unchanged."""
    timeout: int = Field(ge=0, validation_alias="timeout_s")
    """Seconds after which the room is closed; 0 means never."""
    pre_actions: list[dict[str, Any]]
    """Actions of a call before it enters the room."""
    post_actions: list[dict[str, Any]]
    """Actions of a call after it has left the room."""
    pre_flow_id: Reference
    post_flow_id: Reference
    conferencecall_ids: list[UUID]
    """Participants in the room, in the order in which they joined."""
    recording_id: Reference
    """The active recording."""
    recording_ids: list[UUID]
    """The newest 100 recordings of the room, oldest first; an active one is last. `GET /recordings` has all."""
    transcribe_id: Reference
    transcribe_ids: list[UUID]
    """The newest 100 transcribes of the room, oldest first. `GET /transcribes` has all."""
    direct_hash: Hash
    """A name that phones can dial instead of the id."""
    breakout_of: Reference
    """The main room, if this is a breakout room."""
    max_participants: int = _setting("max_participants", ge=0)
    """Maximum number of participants; 0 means no limit."""
    pin: SetSecret = _setting("pin")
    """PIN that participants enter; empty for none. Null in events if there is one."""
    moderator_pin: SetSecret = _setting("moderator_pin")
    """PIN that makes a participant a moderator; empty for none. Null in events if there is one."""
    locked: bool = _setting("locked")
    """No new participants are admitted."""
    wait_for_moderator: bool = _setting("wait_for_moderator")
    """Participants cannot hear each other until a moderator joins."""
    lobby: bool = _setting("lobby")
    """Participants wait until they are admitted one by one; moderators do not."""
    end_when_moderator_leaves: bool = _setting("end_when_moderator_leaves")
    entry_tone: bool = _setting("entry_tone")
    exit_tone: bool = _setting("exit_tone")
    music_when_alone: bool = _setting("music_when_alone")
    record_on_start: bool = _setting("record_on_start")
    announce: Announce = _setting("announce")
    """What is announced when a participant joins or leaves: nothing, the number, or the name."""
    prompts: Prompting = _setting("prompts")
    """Spoken prompts for a participant: none, the request for the PIN, or all."""
    language: str = _setting("language")
    """The language that is spoken, BCP 47: of prompts and announcements (empty: the server's), and of transcriptions that name none."""
    prompt_texts: dict[str, str] = _setting("prompt_texts")
    """Replacements of prompts: a text, or `sound:` and the name of a file in the folder of sounds."""
    dtmf_menu: dict[str, MenuAction] = _setting("dtmf_menu")
    """Actions by DTMF keys. An entry has 1 to 4 keys and is not the prefix of another; empty for no menu."""
    relay_digits: bool = _setting("relay_digits")
    """Digits that a participant presses, and the menu leaves, are sent to the other participants (RFC 4733)."""
    levelling: bool = _setting("levelling")
    """Participants are slowly brought to a common loudness of -23 LUFS (ITU-R BS.1770)."""
    noise_suppression: bool = _setting("noise_suppression")
    """Noise is removed from what the others hear of each participant (RNNoise)."""
    tm_end: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class ConferencecallView(View):
    """A participant of a conference."""

    id: UUID
    customer_id: UUID
    activeflow_id: Reference
    conference_id: UUID
    reference_type: Literal["call"]
    reference_id: UUID
    """The participant's call."""
    status: ConferencecallStatus
    role: Role
    muted: bool
    """The others do not hear the participant."""
    deaf: bool
    """The participant does not hear the others."""
    gain_db: float
    """Gain of the participant's audio for the others."""
    levelling: ByRoom
    """Whether the participant is brought to the common loudness: as the `levelling` of its room, or `on` or `off`."""
    noise_suppression: ByRoom
    """Whether noise is removed from what the others hear: as its room says, or `on` or `off`."""
    talking: bool
    on_hold: bool
    """The participant's phone has put the call on hold; what it plays meanwhile is not heard in the room."""
    waiting: bool
    """In the lobby: for a moderator, or to be admitted."""
    hand_raised: bool
    label: str
    """Your own label, stored and returned unchanged."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
