"""Rows of /conferences/{id}/hears: who hears whom."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.api.room_schemas import HearsBody
from mixminus.conference.errors import (
    ConferencecallNotFound,
    ConferenceNotFound,
    ConferenceNotProgressing,
    TooManyExceptions,
)

__all__ = ["OPERATIONS"]

PATH: Final = "/conferences/{id}/hears"
TAG: Final = "Conferences"
HEARS: Final = (Answer(shapes.Hears, description="The rules, and what they come to now."),)
OPERATIONS: Final = (
    Operation(
        method="GET",
        path=PATH,
        tag=TAG,
        name="getHears",
        summary="Show who hears whom",
        answers=HEARS,
        errors=(ConferenceNotFound,),
    ),
    Operation(
        method="PUT",
        path=PATH,
        tag=TAG,
        name="replaceHears",
        summary="Set who hears whom, at one moment",
        description="All rules of before are replaced. `mute_for_one`, `whisper` and `coach` are words for sets of "
        "exceptions; the last two also hold for those who come later.",
        body=RequestBody(HearsBody),
        answers=HEARS,
        errors=(ConferenceNotFound, ConferencecallNotFound, ConferenceNotProgressing, TooManyExceptions),
    ),
    Operation(
        method="DELETE",
        path=PATH,
        tag=TAG,
        name="clearHears",
        summary="Let everybody hear everybody again",
        answers=HEARS,
        errors=(ConferenceNotFound, ConferenceNotProgressing),
    ),
)
