"""/calls (api.md section 5): calls of phones and browsers, what they hear, their recording and transfer."""

from functools import partial
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mixminus.api.body import ActionBody, Body, HeadersBody, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.api.owners import room_in
from mixminus.api.recordings import PAUSE, CallRecordingBody, PauseBody
from mixminus.api.services import Services
from mixminus.call.admission import Draining, Overloaded
from mixminus.call.digit_sender import MAX_DIGITS, MAX_INTERVAL_MS, MAX_TONE_MS, MIN_TONE_MS
from mixminus.call.errors import (
    CallDeleted,
    CallNotFound,
    CallNotInRoom,
    CallNotProgressing,
    CannotRefer,
    DigitsNotTaken,
    DigitsPending,
    NoCallableDestination,
    TransferPending,
)
from mixminus.call.outbound import Order
from mixminus.conference.errors import SeatsTaken
from mixminus.errors import Conflict
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.model.call import Address, Call, MuteDirection
from mixminus.model.ids import NIL, CallId, CustomerId
from mixminus.recording.errors import (
    FormatUnsupported,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotPaused,
    RecordingPaused,
)
from mixminus.speech.synthesis.errors import LanguageNotSpoken, SpeechBusy, SpeechFailed, TextTooLong
from mixminus.store.page import Page
from mixminus.usage.errors import InsufficientBalance
from mixminus.wire.call import CallView, GroupcallView
from mixminus.wire.view import View

__all__ = ["AddressBody", "CallBody", "order_of", "resource"]

MAX_DESTINATIONS: Final = 100
MAX_VARIABLES: Final = 100
MAX_VALUE_BYTES: Final = 32 * 1024
MAX_VARIABLES_BYTES: Final = 64 * 1024

AddressType = Literal["", "tel", "sip", "extension", "agent", "conference"]
# Address types of the API that this server does not support: they are accepted and skipped.
ForeignType = Literal["ai", "ai_team", "email", "line", "webchat", "web_session", "whatsapp"]
SUPPORTED: Final[dict[str, AddressType]] = {
    each: each for each in ("", "tel", "sip", "extension", "agent", "conference")
}
Line = Annotated[Text, Field(max_length=512, pattern=r"^[^\r\n]*$")]

resource: Final = Resource("Calls", view=CallView, missing=(CallNotFound, CallDeleted))
operation = partial(Operation, resource)


def _bounded(variables: dict[str, str]) -> dict[str, str]:
    sizes = [(len(name.encode()), len(value.encode())) for name, value in variables.items()]
    if len(sizes) > MAX_VARIABLES:
        raise ValueError(f"more than {MAX_VARIABLES} variables")
    if any(size > MAX_VALUE_BYTES for _, size in sizes) or sum(map(sum, sizes)) > MAX_VARIABLES_BYTES:
        raise ValueError("a value is longer than 32 KiB, or all together are longer than 64 KiB")
    return variables


class AddressBody(Body):
    """The source or a destination of a call."""

    type: AddressType | ForeignType = ""
    target: Line = ""
    """`+` and digits, `user@host` or a SIP URI, an extension, an agent's id."""
    target_name: Line = ""
    """The extension, if `target` is empty."""
    name: Line = ""
    """Of a source: displayed to the called party."""
    detail: Line = ""

    def address(self) -> Address:
        return Address(SUPPORTED.get(self.type, ""), self.target, self.target_name, self.name, self.detail)


class CallBody(Body):
    """``actions`` are used if there is no ``flow_id``; without both, a call ends when it is answered."""

    source: AddressBody = AddressBody()
    destinations: list[AddressBody] = Field(min_length=1, max_length=MAX_DESTINATIONS)
    flow_id: Uuid = NIL
    actions: list[ActionBody] = Field(default_factory=list)
    anonymous: Literal["", "yes", "no", "auto"] = ""
    """`yes` hides the source."""
    variables: Annotated[dict[Text, Text], AfterValidator(_bounded)] = Field(default_factory=dict)
    """For `${name}` in the flow; names that begin with `voipbin.` are ignored."""
    headers: HeadersBody = Field(default_factory=dict)
    """`X-...` and `User-to-User` headers of the INVITEs: at most 16, of 256 characters each."""
    machine_detection: Literal["", "detect", "beep"] = ""
    """Runs the action `amd` first, with `beep` until a machine has beeped; with `actions` only: a flow has its own `amd`."""

    @model_validator(mode="after")
    def _detects_before_actions(self) -> Self:
        if self.machine_detection and self.flow_id != NIL:
            raise ValueError("machine_detection: goes with actions; put the action amd into the flow")
        return self


class HangupBody(Body):
    headers: HeadersBody = Field(default_factory=dict)
    """`X-...` and `User-to-User` headers of the BYE to a phone."""


class TransferBody(Body):
    transfer_type: Literal["blind", "attended"]
    """`blind`: the call is hung up when the first transferee joins; `attended`: it stays."""
    transferee_addresses: list[AddressBody] = Field(min_length=1, max_length=MAX_DESTINATIONS)
    """Several ring together."""
    by: Literal["call", "refer"] = "call"
    """`refer`: the phone is asked to call the first address, a SIP address, by itself; blind only."""

    @model_validator(mode="after")
    def _refer_is_blind(self) -> Self:
        if self.by == "refer" and self.transfer_type != "blind":
            raise ValueError("a transfer by refer must be blind")
        return self


class MuteBody(Body):
    """An absent or empty direction means both."""

    direction: str = ""

    def mask(self) -> MuteDirection:
        return MuteDirection.parse(self.direction)


class TalkBody(Body):
    """``provider`` is accepted; the language decides which voice speaks."""

    text: Text
    language: Text = ""
    provider: Text = ""
    voice_id: Text = ""


class DigitsBody(Body):
    digits: Annotated[Text, Field(pattern=r"^[0-9A-Da-d*#]+$", max_length=MAX_DIGITS)]
    duration: int = Field(MIN_TONE_MS, ge=MIN_TONE_MS, le=MAX_TONE_MS)
    """Milliseconds of each digit."""
    interval: int = Field(MIN_TONE_MS, ge=0, le=MAX_INTERVAL_MS)
    """Milliseconds between two digits."""


class PlacedView(View):
    """The calls that were started; events and GET report their progress."""

    calls: list[CallView]
    """One for each telephone number or SIP address."""
    groupcalls: list[GroupcallView]
    """One for each extension or agent."""


async def order_of(services: Services, customer_id: CustomerId, body: CallBody) -> Order:
    """Return the order for an outgoing call that this node has place for.

    Raises FlowNotFound, InvalidActionType, Overloaded, Draining, SeatsTaken.
    """
    detection = {"type": "amd", "option": {"beep": body.machine_detection == "beep"}}
    actions = [detection, *body.actions] if body.machine_detection else body.actions
    program = await services.dialout.program(
        customer_id, body.flow_id, CATALOGUE.normalise(actions), body.variables
    )
    services.places.check(room_in(program.actions))
    return Order(
        destinations=tuple(each.address() for each in body.destinations),
        program=program,
        source=body.source.address(),
        anonymous=body.anonymous == "yes",
        headers=body.headers,
    )


@operation(
    "POST",
    "/calls",
    "Create calls",
    errors=(
        FlowNotFound,
        InvalidActionType,
        NoCallableDestination,
        InsufficientBalance,
        Overloaded,
        Draining,
        SeatsTaken,
    ),
)
async def create_calls(call: ApiCall, body: CallBody) -> PlacedView:
    """The flow or the actions start on answer. Destinations that cannot be called are skipped."""
    order = await order_of(call.services, call.customer_id, body)
    return PlacedView.of(await call.services.dialout.place(call.customer_id, order))


@operation("GET", "/calls", "List calls")
async def list_calls(call: ApiCall, page: Page) -> list[Call]:
    return await call.services.calls.list(call.customer_id, page)


@operation("GET", "/calls/{id}", "Get a call")
async def get_call(call: ApiCall) -> Call:
    return await call.services.calls.get(call.customer_id, CallId(call.id))


@operation("DELETE", "/calls/{id}", "Delete a call", errors=(Conflict,))
async def delete_call(call: ApiCall) -> Call:
    """Hangs it up. A deleted call cannot be read any more."""
    return await call.services.calls.delete(call.customer_id, CallId(call.id))


@operation(
    "POST",
    "/calls/{id}/hangup",
    "Hang up a call",
    optional_body=True,
    errors=(CallNotProgressing, Conflict),
)
async def hang_up_call(call: ApiCall, body: HangupBody) -> Call:
    return await call.services.calls.hang_up(call.customer_id, CallId(call.id), body.headers)


@operation("POST", "/calls/{id}/mute", "Mute a call", optional_body=True, errors=(CallNotProgressing,))
async def mute_call(call: ApiCall, body: MuteBody) -> None:
    """`direction` is `in` (others do not hear it), `out` (it does not hear others) or `both`, the default."""
    await call.services.calls.set_mute(call.customer_id, CallId(call.id), body.mask(), on=True)


@operation("DELETE", "/calls/{id}/mute", "Unmute a call", optional_body=True, errors=(CallNotProgressing,))
async def unmute_call(call: ApiCall, body: MuteBody) -> None:
    """Unmutes the `direction` of the body only; without one, both."""
    await call.services.calls.set_mute(call.customer_id, CallId(call.id), body.mask(), on=False)


@operation("POST", "/calls/{id}/hold", "Put a call on hold", errors=(CallNotProgressing,))
async def hold_call(call: ApiCall) -> None:
    """It is not heard and does not hear others; a phone is sent a re-INVITE."""
    await call.services.calls.hold(call.customer_id, CallId(call.id))


@operation("DELETE", "/calls/{id}/hold", "Resume a call on hold", errors=(CallNotProgressing,))
async def resume_call(call: ApiCall) -> None:
    await call.services.calls.resume(call.customer_id, CallId(call.id))


@operation(
    "POST",
    "/calls/{id}/talk",
    "Say a text to a call",
    errors=(CallNotProgressing, LanguageNotSpoken, TextTooLong, SpeechBusy, SpeechFailed),
)
async def talk_to_call(call: ApiCall, body: TalkBody) -> None:
    """Over its other audio, and heard by this call only; a ringing call is answered. Plain text, or SSML, of
    which breaks are honoured.
    """
    await call.services.call_audio.talk(
        call.customer_id, CallId(call.id), body.text, language=body.language, voice=body.voice_id
    )


@operation(
    "POST",
    "/calls/{id}/digits",
    "Send digits to a call",
    errors=(CallNotProgressing, DigitsNotTaken, DigitsPending),
)
async def send_digits_to_call(call: ApiCall, body: DigitsBody) -> None:
    """By RFC 4733, to this call only: the room does not hear them. It answers when the first is being sent."""
    await call.services.digits.send(
        call.customer_id,
        CallId(call.id),
        body.digits.upper(),
        duration_ms=body.duration,
        interval_ms=body.interval,
    )


@operation("POST", "/calls/{id}/moh", "Start music on hold", errors=(CallNotProgressing,))
async def play_music_to_call(call: ApiCall) -> None:
    """The call hears music instead of the others, and they do not hear the call."""
    await call.services.call_audio.set_music(call.customer_id, CallId(call.id), on=True)


@operation("DELETE", "/calls/{id}/moh", "Stop music on hold", errors=(CallNotProgressing,))
async def stop_music_to_call(call: ApiCall) -> None:
    """Does nothing if no music plays."""
    await call.services.call_audio.set_music(call.customer_id, CallId(call.id), on=False)


@operation("POST", "/calls/{id}/silence", "Start silence", errors=(CallNotProgressing,))
async def silence_call(call: ApiCall) -> None:
    """The call hears silence instead of the others, who still hear the call."""
    await call.services.call_audio.set_silence(call.customer_id, CallId(call.id), on=True)


@operation("DELETE", "/calls/{id}/silence", "Stop silence", errors=(CallNotProgressing,))
async def end_silence_of_call(call: ApiCall) -> None:
    """Does nothing if the call hears the others."""
    await call.services.call_audio.set_silence(call.customer_id, CallId(call.id), on=False)


@operation(
    "POST",
    "/calls/{id}/recording_start",
    "Start a recording of a call",
    optional_body=True,
    errors=(CallNotProgressing, RecordingAlreadyActive, FormatUnsupported),
)
async def start_call_recording(call: ApiCall, body: CallRecordingBody) -> Call:
    """Records what the call says and hears, in rooms and outside, until it is stopped or hung up. `channels:
    stereo` puts the caller on the left and all others on the right. `end_of_silence` seconds of silence end
    it, and so do the keys of `end_of_key`.
    """
    return await call.services.call_recordings.start(call.customer_id, CallId(call.id), body.options())


@operation(
    "POST",
    "/calls/{id}/recording_stop",
    "Stop the recording of a call",
    errors=(CallNotProgressing, RecordingNotActive),
)
async def stop_call_recording(call: ApiCall) -> Call:
    return await call.services.call_recordings.stop(call.customer_id, CallId(call.id))


@operation(
    "POST",
    "/calls/{id}/recording_pause",
    "Pause the recording of a call",
    description=PAUSE,
    optional_body=True,
    errors=(CallNotProgressing, RecordingNotActive, RecordingPaused),
)
async def pause_call_recording(call: ApiCall, body: PauseBody) -> Call:
    return await call.services.call_recordings.pause(call.customer_id, CallId(call.id), body.pause())


@operation(
    "POST",
    "/calls/{id}/recording_resume",
    "Resume the recording of a call",
    errors=(CallNotProgressing, RecordingNotActive, RecordingNotPaused),
)
async def resume_call_recording(call: ApiCall) -> Call:
    return await call.services.call_recordings.resume(call.customer_id, CallId(call.id))


@operation(
    "POST",
    "/calls/{id}/transfer",
    "Transfer a call",
    errors=(CallNotInRoom, CannotRefer, TransferPending, NoCallableDestination, InsufficientBalance),
)
async def transfer_call(call: ApiCall, body: TransferBody) -> PlacedView:
    """The transferee takes the call's place in its room and is not asked for its PIN. `blind`: the call is
    hung up when the first transferee joins; if none does, it stays. `attended`: both are in the room, and
    `POST /calls/{id}/hangup` completes the transfer. By `refer` the phone is sent a REFER, and hung up when
    it reports success. A phone requests the same by sending a REFER.
    """
    call_id, transfers = CallId(call.id), call.services.transfers
    addresses = tuple(each.address() for each in body.transferee_addresses)
    if body.by == "refer":
        await transfers.refer(call.customer_id, call_id, addresses[0])
        return PlacedView(calls=[], groupcalls=[])
    attended = body.transfer_type == "attended"
    return PlacedView.of(await transfers.transfer(call.customer_id, call_id, addresses, attended=attended))
