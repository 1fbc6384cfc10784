"""What takes a call into a room."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.model.ids import ConferenceId

__all__ = ["READERS", "ConfbridgeJoin", "ConferenceJoin", "RoomOption"]


@dataclass(frozen=True, slots=True)
class ConferenceJoin:
    """Go into a conference until the participant leaves it."""

    conference_id: ConferenceId


@dataclass(frozen=True, slots=True)
class ConfbridgeJoin:
    """Go into a conference's audio, without what the conference does before and after it."""

    confbridge_id: ConferenceId


RoomOption = ConferenceJoin | ConfbridgeJoin


def _conference_join(fields: OptionFields) -> ConferenceJoin:
    return ConferenceJoin(ConferenceId(read_uuid(fields, "conference_id")))


def _confbridge_join(fields: OptionFields) -> ConfbridgeJoin:
    return ConfbridgeJoin(ConferenceId(read_uuid(fields, "confbridge_id")))


READERS: Final[dict[str, Callable[[OptionFields], RoomOption]]] = {
    "conference_join": _conference_join,
    "confbridge_join": _confbridge_join,
}
