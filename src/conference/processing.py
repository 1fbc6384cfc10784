"""What is done to a participant's audio before the others hear it: a room's settings, and its own."""

from dataclasses import dataclass
from typing import Final, Self

from mixminus.conference.errors import NoiseSuppressionUnavailable
from mixminus.errors import Unavailable
from mixminus.log import get
from mixminus.mixer import BridgePort, Engine
from mixminus.model.conference import ByRoom, Conferencecall, RoomSettings

__all__ = ["UNPROCESSED", "Processing", "check_noise_suppression"]

log = get("conference")


def _chosen(own: ByRoom, by_room: bool) -> bool:
    return by_room if own == "room" else own == "on"


@dataclass(frozen=True, slots=True)
class Processing:
    """By default nothing: the others then hear the participant's samples unchanged."""

    levelling: bool = False
    noise_suppression: bool = False

    @classmethod
    def of(cls, settings: RoomSettings) -> Self:
        """Return what a room does to those who do not say otherwise."""
        return cls(levelling=settings.levelling, noise_suppression=settings.noise_suppression)

    def chosen_by(self, participant: Conferencecall) -> "Processing":
        """Return what is done to a participant in the room that this is of."""
        return Processing(
            levelling=_chosen(participant.levelling, self.levelling),
            noise_suppression=_chosen(participant.noise_suppression, self.noise_suppression),
        )

    def apply(self, port: BridgePort) -> None:
        """Apply it to an open port."""
        port.set_levelled(self.levelling)
        try:
            port.set_suppressed(self.noise_suppression)
        except Unavailable:  # it was installed when this was set
            log.warning("noise is not suppressed", reason="mixminus[noise] is not installed")


UNPROCESSED: Final = Processing()


def check_noise_suppression(engine: Engine, wanted: bool) -> None:
    """Raise NoiseSuppressionUnavailable if it is wanted and its library is not installed."""
    if wanted and not engine.suppresses_noise:
        raise NoiseSuppressionUnavailable(
            "noise_suppression needs librnnoise: install mixminus[noise] on the server, and start it again"
        )
