"""What records a call from within its flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.model.recording import RecordingOptions, keys_of

__all__ = ["READERS", "RecordingOption", "RecordingStart", "RecordingStop"]


@dataclass(frozen=True, slots=True)
class RecordingStart:
    """Record the call from now on, and go on at once."""

    options: RecordingOptions


@dataclass(frozen=True, slots=True)
class RecordingStop:
    """Let the call's recording end."""


RecordingOption = RecordingStart | RecordingStop


def _seconds(fields: OptionFields, key: str) -> int:
    value = fields.get(key) or 0
    if type(value) is not int or value < 0:
        raise InvalidArgument(f"{key} is not a number of seconds")
    return value


def _recording_start(fields: OptionFields) -> RecordingStart:
    return RecordingStart(
        RecordingOptions(
            format=str(fields.get("format") or "wav"),
            duration_s=_seconds(fields, "duration"),
            on_end_flow_id=read_uuid(fields, "on_end_flow_id"),
            end_of_silence_s=_seconds(fields, "end_of_silence"),
            end_of_key=keys_of(str(fields.get("end_of_key") or "")),
        )
    )


def _recording_stop(fields: OptionFields) -> RecordingStop:
    return RecordingStop()


READERS: Final[dict[str, Callable[[OptionFields], RecordingOption]]] = {
    "recording_start": _recording_start,
    "recording_stop": _recording_stop,
}
