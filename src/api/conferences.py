"""/conferences (api.md section 2.2): rooms, their recording and transcription, and who talks in them."""

from dataclasses import fields, replace
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.body import MAX_SECONDS, ActionBody, Body, Text, Uuid
from mixminus.api.conventions import IDENTIFIER
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.operation import ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import query_id
from mixminus.api.recordings import PAUSE, PauseBody, RecordingBody
from mixminus.api.transcribes import TranscribeStartBody
from mixminus.call.leg import Transport
from mixminus.call.live_participants import LiveParticipant
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.errors import AlreadyExists, Exhausted
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.mixer import Codec
from mixminus.model.conference import (
    Announce,
    Conference,
    ConferenceProfile,
    ConferenceSpec,
    Prompting,
    RoomSettings,
)
from mixminus.model.ids import NIL, ConferenceId, LegId
from mixminus.model.menu import MAX_ENTRIES, MenuAction
from mixminus.recording.errors import (
    FormatUnsupported,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotPaused,
    RecordingPaused,
)
from mixminus.speech.recognition.errors import (
    LanguageNotSupported,
    TranscribeAlreadyProgressing,
    TranscribeNotActive,
)
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.store.page import Page
from mixminus.usage.errors import InsufficientBalance
from mixminus.wire.conference import ConferencecallView, ConferenceView
from mixminus.wire.view import Rounded, View

__all__ = ["resource"]

MAX_PARTICIPANTS: Final = 2**31 - 1

Pin = Annotated[str, Field(pattern=r"^[0-9]{0,16}$")]
Language = Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", max_length=35)]
MenuKeys = Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,4}$")]
PromptText = Annotated[Text, Field(max_length=1000)]

resource: Final = Resource("Conferences", view=ConferenceView, missing=(ConferenceNotFound,))
operation = partial(Operation, resource)


class ConferenceFields(Body):
    """What PUT replaces: absent fields are reset to their defaults."""

    name: Text = ""
    detail: Text = ""
    data: dict[str, Any] = Field({})
    timeout: int = Field(0, ge=0, le=MAX_SECONDS)
    pre_actions: list[ActionBody] = Field([])
    post_actions: list[ActionBody] = Field([])
    pre_flow_id: Uuid = NIL
    post_flow_id: Uuid = NIL
    max_participants: int = Field(0, ge=0, le=MAX_PARTICIPANTS)
    pin: Pin = ""
    moderator_pin: Pin = ""
    locked: bool = False
    wait_for_moderator: bool = False
    lobby: bool = False
    end_when_moderator_leaves: bool = False
    entry_tone: bool = False
    exit_tone: bool = False
    music_when_alone: bool = False
    record_on_start: bool = False
    announce: Announce = ""
    prompts: Prompting = "pin"
    language: Language = ""
    prompt_texts: dict[Text, PromptText] = Field({})
    dtmf_menu: dict[MenuKeys, MenuAction] = Field({}, max_length=MAX_ENTRIES)
    relay_digits: bool = False
    levelling: bool = False
    noise_suppression: bool = False

    def profile(self) -> ConferenceProfile:
        return ConferenceProfile(**self._profile())

    def _profile(self) -> dict[str, Any]:
        settings = {each.name: getattr(self, each.name) for each in fields(RoomSettings)}
        return {
            "name": self.name,
            "detail": self.detail,
            "data": self.data,
            "timeout_s": self.timeout,
            "pre_actions": tuple(self.pre_actions),
            "post_actions": tuple(self.post_actions),
            "pre_flow_id": self.pre_flow_id,
            "post_flow_id": self.post_flow_id,
            "settings": RoomSettings(**settings),
        }


class ConferenceBody(ConferenceFields):
    type: Literal["", "conference", "connect", "queue"]
    """Empty means `conference`."""
    id: Uuid | None = None

    def spec(self) -> ConferenceSpec:
        chosen = ConferenceId(self.id) if self.id not in (None, NIL) else None
        return ConferenceSpec(type=self.type or "conference", id=chosen, **self._profile())


class TalkerView(View):
    """A participant that is in the room now, its level and the quality of its audio."""

    conferencecall_id: UUID
    call_id: UUID
    session_id: UUID = Field(validation_alias="leg_id")
    """The WHIP session of a browser; a phone has one as well."""
    name: str
    transport: Transport
    """`local` is the other end of a call within this server."""
    codec: Codec | None
    """Null before media is negotiated, and for a `local` participant."""
    level_dbov: int = Field(ge=-127, le=0)
    """-127 is silence, 0 is full scale."""
    talking: bool
    dominant: bool
    """The dominant speaker of the room, also while all are silent."""
    muted: bool
    delay_ms: Rounded
    """Audio that waits in the jitter buffer."""
    jitter_ms: Rounded
    """RFC 3550 appendix A.8."""
    loss: Rounded = Field(ge=0, le=1)
    """Fraction of the participant's packets that were lost."""
    round_trip_ms: Rounded | None
    """Null until it is known."""
    mos: Rounded | None
    """Estimated quality of the participant's audio, 1.0 to 4.5; null until it is known."""


class AdmittedView(View):
    """The participants that were admitted."""

    result: list[ConferencecallView]


class TalkersView(View):
    """The participants that are in the room now."""

    result: list[TalkerView]


@operation(
    "POST",
    "/conferences",
    "Create a conference",
    errors=(AlreadyExists, InvalidActionType, FlowNotFound, InsufficientBalance),
)
async def create_conference(call: ApiCall, body: ConferenceBody) -> Conference:
    """The answer has the status `starting`; the room is `progressing` within milliseconds. A `timeout` from 1
    to 59 means a day.
    """
    return await call.services.conferences.create(call.customer_id, body.spec())


@operation("GET", "/conferences", "List conferences")
async def list_conferences(call: ApiCall, page: Page) -> list[Conference]:
    return await call.services.conferences.list(call.customer_id, page)


@operation("GET", "/conferences/{id}", "Get a conference")
async def get_conference(call: ApiCall) -> Conference:
    """Also after its end."""
    return await call.services.conferences.get(call.customer_id, ConferenceId(call.id))


@operation(
    "PUT",
    "/conferences/{id}",
    "Update a conference",
    errors=(ConferenceNotProgressing, InvalidActionType, FlowNotFound),
)
async def update_conference(call: ApiCall, body: ConferenceFields) -> Conference:
    """Replaces all that can be changed: absent fields are reset to their defaults."""
    return await call.services.conferences.update(call.customer_id, ConferenceId(call.id), body.profile())


@operation("DELETE", "/conferences/{id}", "Delete a conference")
async def delete_conference(call: ApiCall) -> Conference:
    """The status is `terminating` while participants remain, else `terminated`. Deleting it again changes
    nothing.
    """
    return await call.services.conferences.delete(call.customer_id, ConferenceId(call.id))


@operation(
    "POST", "/conferences/{id}/admit", "Admit all waiting participants", errors=(ConferenceNotProgressing,)
)
async def admit_all(call: ApiCall) -> AdmittedView:
    """All that wait in the lobby now."""
    admitted = await call.services.lobby.admit_all(call.customer_id, ConferenceId(call.id))
    return AdmittedView.model_validate({"result": admitted})


@operation(
    "POST",
    "/conferences/{id}/direct-hash-regenerate",
    "Regenerate the direct hash",
    errors=(ConferenceNotProgressing,),
    invalid_id=InvalidRequestParameter,
)
async def regenerate_direct_hash(call: ApiCall) -> Conference:
    """The previous hash stops working."""
    return await call.services.conferences.regenerate_direct_hash(call.customer_id, ConferenceId(call.id))


@operation(
    "POST",
    "/conferences/{id}/recording_start",
    "Start a recording",
    optional_body=True,
    errors=(ConferenceNotProgressing, RecordingAlreadyActive, FormatUnsupported),
)
async def start_recording(call: ApiCall, body: RecordingBody) -> Conference:
    """Records silence as well, and needs no participants. It stops after `duration` seconds, or a day.
    `channels: stereo` puts the first participant on the left and all others on the right.
    """
    return await call.services.conferences.recording_start(
        call.customer_id, ConferenceId(call.id), body.options()
    )


@operation(
    "POST",
    "/conferences/{id}/recording_stop",
    "Stop the recording",
    errors=(ConferenceNotProgressing, RecordingNotActive),
)
async def stop_recording(call: ApiCall) -> Conference:
    return await call.services.conferences.recording_stop(call.customer_id, ConferenceId(call.id))


@operation(
    "POST",
    "/conferences/{id}/recording_pause",
    "Pause the recording",
    description=PAUSE,
    optional_body=True,
    errors=(ConferenceNotProgressing, RecordingNotActive, RecordingPaused),
)
async def pause_recording(call: ApiCall, body: PauseBody) -> Conference:
    return await call.services.conferences.recording_pause(
        call.customer_id, ConferenceId(call.id), body.pause()
    )


@operation(
    "POST",
    "/conferences/{id}/recording_resume",
    "Resume the recording",
    errors=(ConferenceNotProgressing, RecordingNotActive, RecordingNotPaused),
)
async def resume_recording(call: ApiCall) -> Conference:
    return await call.services.conferences.recording_resume(call.customer_id, ConferenceId(call.id))


@operation(
    "POST",
    "/conferences/{id}/transcribe_start",
    "Start a transcription",
    errors=(
        ConferenceNotProgressing,
        TranscribeAlreadyProgressing,
        LanguageNotSupported,
        TranslationNotSupported,
        Exhausted,
    ),
)
async def start_transcribing(call: ApiCall, body: TranscribeStartBody) -> Conference:
    """Participants are recognised separately: every transcript names its speaker. 503 if speech to text is
    not installed: the message has the command that installs it.
    """
    return await call.services.conferences.transcribe_start(
        call.customer_id, ConferenceId(call.id), body.options()
    )


@operation(
    "POST",
    "/conferences/{id}/transcribe_stop",
    "Stop the transcription",
    errors=(ConferenceNotProgressing, TranscribeNotActive),
)
async def stop_transcribing(call: ApiCall) -> Conference:
    """The last transcripts may arrive a moment later; then the transcribe is `done`."""
    return await call.services.conferences.transcribe_stop(call.customer_id, ConferenceId(call.id))


@operation(
    "GET",
    "/conferences/{id}/talking",
    "List who is talking",
    parameters=(
        Parameter("query", "session_id", "The WHIP session of the guest, for a guest link.", IDENTIFIER),
    ),
    guests=True,
)
async def list_talking(call: ApiCall) -> TalkersView:
    """Participants in the room with their current levels, for meters that poll a few times a second. For a
    guest link the `session_id` is nil, but for the session that the request names.
    """
    present = await call.services.live_participants.list(call.customer_id, ConferenceId(call.id))
    if call.identity.guest is not None:
        present = [_for_guest(each, query_id(call.request, "session_id")) for each in present]
    return TalkersView.model_validate({"result": present})


def _for_guest(participant: LiveParticipant, own: UUID | None) -> LiveParticipant:
    """Hide the sessions of others: a guest that knows one could end it."""
    return participant if participant.leg_id == own else replace(participant, leg_id=LegId(NIL))
