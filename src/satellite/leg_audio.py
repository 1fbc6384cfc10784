"""LegAudio: what is played to legs here whose rooms are at other nodes, and what is measured of them."""

from dataclasses import dataclass

from mixminus.cluster.leg_messages import Beep, LegQuality, Loop, Prompt
from mixminus.conference.room import Seat
from mixminus.conference.room_sounds import RoomSounds
from mixminus.mixer import BridgePort, Engine
from mixminus.mixer.sounds import SOUND_RATE_HZ, beeps
from mixminus.satellite.mesh import Trunks
from mixminus.sound.service import SoundService
from mixminus.sound.source import PcmSource

__all__ = ["LegAudio", "quality_of"]


@dataclass(frozen=True, slots=True)
class LegAudio:
    """What a branch is made of, and what is played to its legs."""

    engine: Engine
    trunks: Trunks
    room_sounds: RoomSounds
    sounds: SoundService

    def play(self, seat: Seat, message: Loop | Prompt | Beep) -> None:
        """Begin what the home wants to be played to a participant."""
        if seat.port.closed:
            return
        match message:
            case Loop():
                seat.stop_sound()
                if message.name == "music":
                    seat.sound = self.room_sounds.play_music(seat.port)
                elif message.name == "ringback":
                    seat.sound = self.room_sounds.play_ringback(seat.port)
            case Prompt():
                words = seat.conference.settings.wording
                self.sounds.prompt_in_background(
                    seat.port, message.name, words, seat.dismissed, message.facts
                )
            case Beep():
                source = PcmSource(beeps(message.count), SOUND_RATE_HZ)
                self.sounds.play_in_background(seat.port, source, seat.dismissed)


def quality_of(seat: Seat) -> LegQuality:
    """Return what is measured of a leg; raise PortClosed."""
    port: BridgePort = seat.port
    found = port.statistics()
    return LegQuality(
        seat.id,
        codec=port.codec or "",
        delay_ms=found.delay_ms,
        jitter_ms=found.jitter_ms,
        loss=found.loss,
        round_trip_ms=found.round_trip_ms,
        mos=found.mos,
    )
