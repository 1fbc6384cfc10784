"""Speakings (api.md section 5.4)."""

from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.model.speaking import SpeakingDirection, SpeakingReference, SpeakingStatus
from mixminus.wire.view import Timestamp, View

__all__ = ["SpeakingView"]


class SpeakingView(View):
    """A session in which text is said to a call or a room, piece by piece."""

    id: UUID
    customer_id: UUID
    reference_type: SpeakingReference = Field(validation_alias=AliasPath("spec", "reference_type"))
    reference_id: UUID = Field(validation_alias=AliasPath("spec", "reference_id"))
    language: str = Field(validation_alias=AliasPath("spec", "language"))
    provider: str = Field(validation_alias=AliasPath("spec", "provider"))
    voice_id: str = Field(validation_alias=AliasPath("spec", "voice_id"))
    direction: SpeakingDirection = Field(validation_alias=AliasPath("spec", "direction"))
    status: SpeakingStatus
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
