"""What clients send about transcriptions (api.md sections 2.2 and 8)."""

from typing import Annotated, Final, Literal

from pydantic import Field

from mixminus.api.schemas import Body, Text, Uuid
from mixminus.model.ids import NIL
from mixminus.model.transcription import TranscribeOptions, direction_of

__all__ = ["TranscribeBody", "TranscribeStartBody"]

LONGEST: Final = 64
# BCP 47 (RFC 5646 section 2.1), but for what registries say of its subtags.
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", max_length=LONGEST)]


class _Listening(Body):
    """What both ways to begin have in common."""

    language: Language
    """BCP 47, as `en-US`."""
    provider: Text = ""
    on_end_flow_id: Uuid = NIL


class TranscribeStartBody(_Listening):
    """POST /conferences/{id}/transcribe_start."""

    direction: Text = "in"
    """`in`: participants; `out`: what the room plays to them; anything else: both."""

    def options(self) -> TranscribeOptions:
        return TranscribeOptions(
            self.language, direction_of(self.direction), self.provider, self.on_end_flow_id
        )


class TranscribeBody(_Listening):
    """POST /transcribes."""

    reference_type: Literal["call", "confbridge", "recording"]
    reference_id: Uuid
    direction: Text = "both"

    def options(self) -> TranscribeOptions:
        return TranscribeOptions(
            self.language, direction_of(self.direction), self.provider, self.on_end_flow_id
        )
