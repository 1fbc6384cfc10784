"""What listens to the call besides its room: recordings, transcriptions, external media (api.md section 6.5).

None of them waits, and none stops the flow if it fails.
"""

import enum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from mixminus.errors import MixMinusError
from mixminus.flow.action import ActionType
from mixminus.flow.options import Option, Text, Uuid, Whole
from mixminus.flow.run import FlowRun
from mixminus.flow.services import Fork, Listen, Speak
from mixminus.log import get
from mixminus.model.ids import NIL
from mixminus.model.recording import RecordingOptions, keys_of
from mixminus.model.transcription import TranscribeOptions, direction_of

__all__ = [
    "ACTIONS",
    "ExternalMediaStart",
    "ExternalMediaStop",
    "RecordingStart",
    "RecordingStop",
    "TranscribeRecording",
    "TranscribeStart",
    "TranscribeStop",
]

log = get("flow")


class RecordingStart(Option):
    """Start to record the call."""

    format: Text = "wav"
    duration_s: Whole = Field(alias="duration", default=0, ge=0)
    """Maximum length in seconds; 0 is 24 hours."""
    on_end_flow_id: Uuid = NIL
    """A flow that is run when the recording has ended."""
    end_of_silence_s: Whole = Field(alias="end_of_silence", default=0, ge=0)
    """Seconds of silence that end it; 0 is none."""
    end_of_key: Annotated[Text, AfterValidator(keys_of)] = ""
    """`none`, `any`, or the digit that ends it."""

    def to_options(self) -> RecordingOptions:
        return RecordingOptions(
            format=self.format,
            duration_s=self.duration_s,
            on_end_flow_id=self.on_end_flow_id,
            end_of_silence_s=self.end_of_silence_s,
            end_of_key=self.end_of_key,
        )


async def recording_start(run: FlowRun, option: RecordingStart) -> None:
    try:
        await run.call.answer()
        await run.services.recorder.start_call(run.call, option.to_options())
    except (MixMinusError, OSError) as exc:
        log.warning("recording not started", call_id=str(run.call.id), exc_info=exc)


class RecordingStop(Option):
    """Stop the recording of the call."""


async def recording_stop(run: FlowRun, _: RecordingStop) -> None:
    try:
        await run.services.recorder.stop(run.call.id)
    except MixMinusError as exc:
        log.warning("recording not stopped", call_id=str(run.call.id), exc_info=exc)


class TranscribeStart(Option):
    """Start to transcribe the call."""

    language: Text = ""
    """BCP 47 tag of what is spoken."""
    translate_to: Text = ""
    """BCP 47 tag: transcripts get a translation into this language, by a translator of the machine; empty for none."""
    direction: Text = "both"
    """`in` is what the caller says, `out` what the caller hears; anything else is both."""
    provider: Text = ""
    on_end_flow_id: Uuid = NIL
    """A flow that is run when the transcription has ended."""

    def to_options(self) -> TranscribeOptions:
        return TranscribeOptions(
            self.language,
            direction_of(self.direction),
            self.provider,
            self.on_end_flow_id,
            self.translate_to,
        )


async def transcribe_start(run: FlowRun, option: TranscribeStart) -> None:
    customer_id, call_id = run.call.call.customer_id, run.call.id
    try:
        await run.services.transcriber.begin_call(customer_id, call_id, option.to_options())
    except MixMinusError as exc:
        log.warning("call not transcribed", call_id=str(call_id), reason=exc.reason)


class TranscribeStop(Option):
    """Stop the transcription of the call."""


async def transcribe_stop(run: FlowRun, _: TranscribeStop) -> None:
    await run.services.transcriber.end_call(run.call.id)


class TranscribeRecording(TranscribeStart):
    """Transcribe the finished recordings of the call."""


async def transcribe_recording(run: FlowRun, option: TranscribeRecording) -> None:
    customer_id, call_id = run.call.call.customer_id, run.call.id
    try:
        await run.services.transcriber.begin_recordings(customer_id, call_id, option.to_options())
    except MixMinusError as exc:
        log.warning("recordings not transcribed", call_id=str(call_id), reason=exc.reason)


# One way of each so far; any other is refused instead of ignored.
class Encapsulation(enum.StrEnum):
    RTP = enum.auto()


class Transport(enum.StrEnum):
    UDP = enum.auto()


class ConnectionType(enum.StrEnum):
    CLIENT = enum.auto()


class Format(enum.StrEnum):
    ULAW = enum.auto()


def _host_and_port(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or text != parts.netloc or "@" in text:
        raise ValueError("is not host:port")
    return host, port


def _with_host_and_port(text: str) -> str:
    _host_and_port(text)
    return text


class ExternalMediaStart(Option):
    """Send the call's audio to a program as RTP over UDP, and play what the program sends back."""

    external_host: Annotated[Text, AfterValidator(_with_host_and_port)] = ""
    """`host:port`."""
    encapsulation: Encapsulation = Encapsulation.RTP
    transport: Transport = Transport.UDP
    connection_type: ConnectionType = ConnectionType.CLIENT
    format: Format = Format.ULAW
    direction_listen: Listen = Listen.BOTH
    """What is sent: `in` is what the caller says, `out` what the caller hears."""
    direction_speak: Speak = Speak.BOTH
    """Whether the caller hears what is sent back; `both` means `out`."""

    def to_fork(self) -> Fork:
        host, port = _host_and_port(self.external_host) if self.external_host else ("", 0)
        return Fork(host, port, self.direction_listen, self.direction_speak)


async def external_media_start(run: FlowRun, option: ExternalMediaStart) -> None:
    await run.wait(run.services.external.start(run.call, option.to_fork()))


class ExternalMediaStop(Option):
    """Stop sending the call's audio to programs."""


async def external_media_stop(run: FlowRun, _: ExternalMediaStop) -> None:
    run.services.external.stop(run.call.id)


ACTIONS: Final = (
    ActionType("recording_start", RecordingStart, recording_start),
    ActionType("recording_stop", RecordingStop, recording_stop),
    ActionType("transcribe_start", TranscribeStart, transcribe_start),
    ActionType("transcribe_stop", TranscribeStop, transcribe_stop),
    ActionType("transcribe_recording", TranscribeRecording, transcribe_recording, without_call=True),
    ActionType("external_media_start", ExternalMediaStart, external_media_start),
    ActionType("external_media_stop", ExternalMediaStop, external_media_stop),
)
