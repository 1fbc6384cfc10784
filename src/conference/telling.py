"""Telling: what a room's participants are told by speech: each by itself, or all of them at once."""

from mixminus.conference.room import Room, Seat
from mixminus.mixer.sounds import SOUND_RATE_HZ, beeps
from mixminus.model.conference import RoomSettings
from mixminus.sound.service import SoundService
from mixminus.sound.source import PcmSource

__all__ = ["Telling"]


class Telling:
    """Says what the settings of the room say; whatever cannot be said is left out."""

    def __init__(self, sounds: SoundService) -> None:
        self._sounds = sounds

    def joined(self, room: Room, seat: Seat, name: str) -> None:
        """Tell the room who has come; whoever is alone is told so."""
        if room.joined > 1:
            self._came_or_went(room, "joined", name)
        elif room.settings.prompts == "all" and not room.settings.music_when_alone:
            self.tell(seat, "alone", room.settings)

    def left(self, room: Room, name: str) -> None:
        """Tell those who stay who has gone."""
        if room.joined:
            self._came_or_went(room, "left", name)

    def tell(self, seat: Seat, prompt: str, settings: RoomSettings) -> None:
        """Tell one participant something while it stays."""
        self._sounds.prompt_in_background(seat.port, prompt, settings.wording, seat.dismissed)

    def recording(self, room: Room) -> None:
        """Tell the room that it is recorded, if its settings have it told all there is to tell."""
        if room.settings.prompts == "all" and room.joined:
            self._sounds.announce_prompt(room.bridge, "recording", room.settings.wording)

    def announce(self, room: Room, text: str) -> None:
        """Tell the room something in its language; who is not in it does not hear it."""
        self._sounds.announce(room.bridge, text, room.settings.language)

    def count(self, room: Room) -> None:
        """Tell the room how many are in it."""
        one = room.joined == 1
        self._sounds.announce_prompt(
            room.bridge, "count_one" if one else "count", room.settings.wording, {"count": str(room.joined)}
        )

    def confirm(self, room: Room, seat: Seat, prompt: str) -> None:
        """Tell one participant what its keys have done; in a room without prompts a beep says that they have."""
        if room.settings.prompts == "off":
            self._beep(seat, 1)
        else:
            self.tell(seat, prompt, room.settings)

    def count_for(self, room: Room, seat: Seat) -> None:
        """Tell one participant how many are in the room; without prompts, a beep for each of them."""
        if room.settings.prompts == "off":
            self._beep(seat, room.joined)
            return
        self._sounds.prompt_in_background(
            seat.port,
            "count_one" if room.joined == 1 else "count",
            room.settings.wording,
            seat.dismissed,
            {"count": str(room.joined)},
        )

    def _beep(self, seat: Seat, count: int) -> None:
        self._sounds.play_in_background(seat.port, PcmSource(beeps(count), SOUND_RATE_HZ), seat.dismissed)

    def _came_or_went(self, room: Room, prompt: str, name: str) -> None:
        if room.settings.announce == "count":
            self.count(room)
        elif room.settings.announce == "names" and name:
            self._sounds.announce_prompt(room.bridge, prompt, room.settings.wording, {"name": name})
