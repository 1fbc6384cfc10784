"""What writes down what a call says (api.md section 6.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.model.transcription import TranscribeOptions, direction_of

__all__ = ["READERS", "TranscribeRecording", "TranscribeStart", "TranscribeStop", "TranscriptionOption"]


@dataclass(frozen=True, slots=True)
class TranscribeStart:
    """Listen to the call from now on; the flow goes on."""

    options: TranscribeOptions


@dataclass(frozen=True, slots=True)
class TranscribeStop:
    """Stop listening to the call."""


@dataclass(frozen=True, slots=True)
class TranscribeRecording:
    """Listen to the call's recordings."""

    options: TranscribeOptions


TranscriptionOption = TranscribeStart | TranscribeStop | TranscribeRecording


def _options(fields: OptionFields) -> TranscribeOptions:
    language, provider, direction = (_text(fields, key) for key in ("language", "provider", "direction"))
    return TranscribeOptions(language, direction_of(direction), provider, read_uuid(fields, "on_end_flow_id"))


def _text(fields: OptionFields, key: str) -> str:
    text = fields.get(key) or ""
    if not isinstance(text, str):
        raise InvalidArgument(f"{key} is not a string")
    return text


def _start(fields: OptionFields) -> TranscribeStart:
    return TranscribeStart(_options(fields))


def _stop(fields: OptionFields) -> TranscribeStop:
    return TranscribeStop()


def _recording(fields: OptionFields) -> TranscribeRecording:
    return TranscribeRecording(_options(fields))


READERS: Final[dict[str, Callable[[OptionFields], TranscriptionOption]]] = {
    "transcribe_recording": _recording,
    "transcribe_start": _start,
    "transcribe_stop": _stop,
}
