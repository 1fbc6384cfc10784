"""/conferences/{id}/hears: who hears whom, as exceptions to the rule that each participant hears all others.

An extension of the API. PUT replaces all exceptions, and all of them apply at the same tick of the mixer.
``mute_for_one``, ``whisper`` and ``coach`` are shorthands for sets of exceptions; the last two also apply
to participants that join later.
"""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from mixminus.api.body import Body, Uuid
from mixminus.api.conferences import resource
from mixminus.api.operation import ApiCall, Operation
from mixminus.conference.errors import (
    ConferencecallNotFound,
    ConferenceNotProgressing,
    TooManyExceptions,
)
from mixminus.mixer.gains import MAX_GAIN_DB
from mixminus.model.hears import MAX_CELLS, Cells, Hears, HearsException, Whisper
from mixminus.model.ids import ConferencecallId, ConferenceId
from mixminus.wire.view import View

__all__ = ["GainDb"]

MIN_GAIN_DB: Final = -100.0
PATH: Final = "/conferences/{id}/hears"

GainDb = Annotated[float, Field(ge=MIN_GAIN_DB, le=MAX_GAIN_DB)]

operation = partial(Operation, resource)


class ExceptionBody(Body):
    """How loud the listener hears the speaker; null or absent is silence."""

    listener: Uuid
    speaker: Uuid
    gain_db: GainDb | None = None


class PairBody(Body):
    """The listener does not hear the speaker."""

    listener: Uuid
    speaker: Uuid


class WhisperBody(Body):
    """Only these listeners hear the speaker."""

    speaker: Uuid
    listeners: list[Uuid] = Field(max_length=MAX_CELLS)


class CoachBody(Body):
    """The coach hears all participants and is heard by one participant only."""

    coach: Uuid
    participant: Uuid


class HearsBody(Body):
    """All rules of the room; each list may be absent."""

    exceptions: list[ExceptionBody] = Field([], max_length=MAX_CELLS)
    mute_for_one: list[PairBody] = Field([], max_length=MAX_CELLS)
    whisper: list[WhisperBody] = Field([], max_length=MAX_CELLS)
    coach: list[CoachBody] = Field([], max_length=MAX_CELLS)

    def hears(self) -> Hears:
        exceptions = [_exception(each.listener, each.speaker, each.gain_db) for each in self.exceptions]
        silenced = [_exception(each.listener, each.speaker, None) for each in self.mute_for_one]
        whispers = [_whisper(each.speaker, *each.listeners) for each in self.whisper]
        coaches = [_whisper(each.coach, each.participant) for each in self.coach]
        return Hears((*exceptions, *silenced), (*whispers, *coaches))


def _exception(listener: UUID, speaker: UUID, gain_db: float | None) -> HearsException:
    return HearsException(ConferencecallId(listener), ConferencecallId(speaker), gain_db)


def _whisper(speaker: UUID, *listeners: UUID) -> Whisper:
    return Whisper(ConferencecallId(speaker), tuple(map(ConferencecallId, listeners)))


class HearsExceptionView(View):
    """How loud one participant hears another."""

    listener: UUID
    speaker: UUID
    gain_db: float | None
    """Null is silence."""


class WhisperView(View):
    """Only these listeners hear the speaker."""

    speaker: UUID
    listeners: list[UUID]


class HearsView(View):
    """The rules, which can be sent back by PUT, and the pairs that they affect now."""

    exceptions: list[HearsExceptionView]
    whisper: list[WhisperView]
    result: list[HearsExceptionView]
    """The pairs that the rules affect now."""


def _view(hears: Hears, cells: Cells) -> HearsView:
    result = [
        {"listener": listener, "speaker": speaker, "gain_db": gain_db}
        for (listener, speaker), gain_db in cells.items()
    ]
    return HearsView.model_validate(
        {"exceptions": hears.exceptions, "whisper": hears.whispers, "result": result}
    )


@operation("GET", PATH, "Get who hears whom")
async def get_hears(call: ApiCall) -> HearsView:
    return _view(*await call.services.hears.get(call.customer_id, ConferenceId(call.id)))


@operation(
    "PUT",
    PATH,
    "Set who hears whom",
    errors=(ConferencecallNotFound, ConferenceNotProgressing, TooManyExceptions),
)
async def replace_hears(call: ApiCall, body: HearsBody) -> HearsView:
    """Replaces all rules at the same moment. `mute_for_one`, `whisper` and `coach` are shorthands for sets of
    exceptions; the last two also apply to participants that join later.
    """
    return await _replace(call, body.hears())


@operation("DELETE", PATH, "Reset who hears whom", errors=(ConferenceNotProgressing,))
async def clear_hears(call: ApiCall) -> HearsView:
    """Each participant hears all others again."""
    return await _replace(call, Hears())


async def _replace(call: ApiCall, hears: Hears) -> HearsView:
    return _view(*await call.services.hears.replace(call.customer_id, ConferenceId(call.id), hears))
