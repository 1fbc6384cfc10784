"""What clients send about recordings, and how what was found in one is shown."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Literal

from pydantic import Field

from mixminus.api.schemas import MAX_SECONDS, Body, Uuid
from mixminus.model.ids import NIL
from mixminus.model.recording import PauseMode, RecordingOptions, keys_of
from mixminus.recording.verify import Finding

__all__ = ["CallRecordingBody", "PauseBody", "RecordingBody", "render_findings"]


class RecordingBody(Body):
    """POST /conferences/{id}/recording_start; the body may be absent."""

    format: Literal["wav", "flac", "ogg", "mp3", "m4a"] = "wav"
    duration: int = Field(0, ge=0, le=MAX_SECONDS)
    on_end_flow_id: Uuid = NIL
    channels: Literal["mono", "stereo"] = "mono"
    """Stereo: whoever is first in the room on the left, all others on the right."""
    stems: bool = False
    """A file for each who is heard, too, on the same clock."""

    def options(self) -> RecordingOptions:
        return RecordingOptions(
            format=self.format,
            duration_s=self.duration,
            on_end_flow_id=self.on_end_flow_id,
            stems=self.stems,
            channels=2 if self.channels == "stereo" else 1,
        )


class CallRecordingBody(RecordingBody):
    """POST /calls/{id}/recording_start; the body may be absent."""

    end_of_silence: int = Field(0, ge=0, le=MAX_SECONDS)
    end_of_key: Literal["", "none", "any", "*", "#", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] = ""

    def options(self) -> RecordingOptions:
        return replace(
            super().options(),
            end_of_silence_s=self.end_of_silence,
            end_of_key=keys_of(self.end_of_key),
        )


class PauseBody(Body):
    """POST /conferences/{id}/recording_pause, and of a call; the body may be absent."""

    mode: Literal["silence", "cut"] = "silence"

    def pause(self) -> PauseMode:
        return PauseMode(self.mode)


def render_findings(findings: Sequence[Finding]) -> dict[str, Any]:
    return {"intact": not findings, "findings": [asdict(each) for each in findings]}
