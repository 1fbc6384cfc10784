"""What is done to a participant's audio before the others hear it: a room's settings, and its own."""

from dataclasses import dataclass
from typing import Final, Self

from mixminus.mixer import BridgePort
from mixminus.model.conference import ByRoom, Conferencecall, RoomSettings

__all__ = ["UNPROCESSED", "Processing"]


def _chosen(own: ByRoom, by_room: bool) -> bool:
    return by_room if own == "room" else own == "on"


@dataclass(frozen=True, slots=True)
class Processing:
    """By default nothing: the others then hear the participant's samples unchanged."""

    levelling: bool = False

    @classmethod
    def of(cls, settings: RoomSettings) -> Self:
        """Return what a room does to those who do not say otherwise."""
        return cls(levelling=settings.levelling)

    def chosen_by(self, participant: Conferencecall) -> "Processing":
        """Return what is done to a participant in the room that this is of."""
        return Processing(levelling=_chosen(participant.levelling, self.levelling))

    def apply(self, port: BridgePort) -> None:
        """Apply it to an open port."""
        port.set_levelled(self.levelling)


UNPROCESSED: Final = Processing()
