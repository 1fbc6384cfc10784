"""Every executor, by the option that it carries out."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.catalogue import Option
from mixminus.flow.executors import (
    basic,
    control,
    dialling,
    digits,
    external,
    media,
    recording,
    room,
    speech,
    transcription,
    web,
)
from mixminus.flow.run import Executor

__all__ = ["EXECUTORS"]

EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    **basic.EXECUTORS,
    **control.EXECUTORS,
    **dialling.EXECUTORS,
    **digits.EXECUTORS,
    **external.EXECUTORS,
    **media.EXECUTORS,
    **recording.EXECUTORS,
    **room.EXECUTORS,
    **speech.EXECUTORS,
    **transcription.EXECUTORS,
    **web.EXECUTORS,
}
