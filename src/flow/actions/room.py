"""What takes a call into a room."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.flow.actions.reading import OptionFields, read_uuid
from mixminus.ids import ConferenceId

__all__ = ["READERS", "ConferenceJoin", "RoomOption"]


@dataclass(frozen=True, slots=True)
class ConferenceJoin:
    """Go into a conference until the participant leaves it."""

    conference_id: ConferenceId


RoomOption = ConferenceJoin


def _conference_join(fields: OptionFields) -> ConferenceJoin:
    return ConferenceJoin(ConferenceId(read_uuid(fields, "conference_id")))


READERS: Final[dict[str, Callable[[OptionFields], RoomOption]]] = {"conference_join": _conference_join}
