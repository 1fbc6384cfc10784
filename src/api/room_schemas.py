"""What clients send about participants and who hears whom, and how the latter is shown."""

from typing import Annotated, Any, Final

from pydantic import Field

from mixminus.api.schemas import Body, Text, Uuid
from mixminus.mixer.gains import MAX_GAIN_DB
from mixminus.model.conference import ParticipantChange, Role
from mixminus.model.hears import MAX_CELLS, Cells, Hears, HearsException, Whisper
from mixminus.model.ids import ConferencecallId

__all__ = ["HearsBody", "ParticipantBody", "render_hears"]

MIN_GAIN_DB: Final = -100.0
MAX_LABEL_CHARACTERS: Final = 255

GainDb = Annotated[float, Field(ge=MIN_GAIN_DB, le=MAX_GAIN_DB)]


class ParticipantBody(Body):
    """PATCH /conferencecalls/{id}: what is absent stays as it is."""

    role: Annotated[Role, Field(strict=False)] | None = None
    muted: bool | None = None
    deaf: bool | None = None
    gain_db: GainDb | None = None
    label: Annotated[Text, Field(max_length=MAX_LABEL_CHARACTERS)] | None = None

    def change(self) -> ParticipantChange:
        return ParticipantChange(
            role=self.role, muted=self.muted, deaf=self.deaf, gain_db=self.gain_db, label=self.label
        )


class ExceptionBody(Body):
    """How loud one hears another; null, or no gain at all, is silence."""

    listener: Uuid
    speaker: Uuid
    gain_db: GainDb | None = None

    def exception(self) -> HearsException:
        return HearsException(ConferencecallId(self.listener), ConferencecallId(self.speaker), self.gain_db)


class PairBody(Body):
    """Whom one participant does not hear."""

    listener: Uuid
    speaker: Uuid


class WhisperBody(Body):
    """Who alone hears a speaker."""

    speaker: Uuid
    listeners: list[Uuid] = Field(max_length=MAX_CELLS)


class CoachBody(Body):
    """Who hears everybody, and is heard by one participant alone."""

    coach: Uuid
    participant: Uuid


class HearsBody(Body):
    """PUT /conferences/{id}/hears: all exceptions of the room; each list may be absent."""

    exceptions: list[ExceptionBody] = Field([], max_length=MAX_CELLS)
    mute_for_one: list[PairBody] = Field([], max_length=MAX_CELLS)
    whisper: list[WhisperBody] = Field([], max_length=MAX_CELLS)
    coach: list[CoachBody] = Field([], max_length=MAX_CELLS)

    def hears(self) -> Hears:
        silenced = (
            HearsException(ConferencecallId(each.listener), ConferencecallId(each.speaker), None)
            for each in self.mute_for_one
        )
        coaches = (
            Whisper(ConferencecallId(each.coach), (ConferencecallId(each.participant),))
            for each in self.coach
        )
        whispers = (
            Whisper(ConferencecallId(each.speaker), tuple(map(ConferencecallId, each.listeners)))
            for each in self.whisper
        )
        return Hears((*(each.exception() for each in self.exceptions), *silenced), (*whispers, *coaches))


def render_hears(hears: Hears, cells: Cells) -> dict[str, Any]:
    """Return rules that may be PUT back, and in ``result`` the pairs they come to at this moment."""
    return {
        "exceptions": [
            {"listener": str(each.listener), "speaker": str(each.speaker), "gain_db": each.gain_db}
            for each in hears.exceptions
        ],
        "whisper": [
            {"speaker": str(each.speaker), "listeners": [str(id_) for id_ in each.listeners]}
            for each in hears.whispers
        ],
        "result": [
            {"listener": str(listener), "speaker": str(speaker), "gain_db": gain_db}
            for (listener, speaker), gain_db in cells.items()
        ],
    }
