"""Announcements: the prompts that a room's participants hear, one of them or all of them at once."""

from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.room import Room, Seat
from mixminus.mixer.sounds import SOUND_RATE_HZ, beeps
from mixminus.model.conference import RoomSettings
from mixminus.sound.service import SoundService
from mixminus.sound.source import PcmSource

__all__ = ["Announcements"]


class Announcements:
    """Plays prompts as the room's settings say, in the background.

    A prompt that cannot be played is skipped.
    """

    def __init__(self, sounds: SoundService) -> None:
        self._sounds = sounds

    def announce_joined(self, room: Room, seat: Seat, name: str) -> None:
        """Announce a participant that has joined, or play to it that it is alone."""
        if room.joined > 1:
            self._announce_change(room, "joined", name)
        elif room.settings.prompts == "all" and not room.settings.music_when_alone:
            self.play_prompt(seat, "alone", room.settings)

    def announce_left(self, room: Room, name: str) -> None:
        """Announce to the remaining participants that one has left."""
        if room.joined:
            self._announce_change(room, "left", name)

    def announce_recording(self, room: Room) -> None:
        """Announce that the room is being recorded, if its settings ask for all prompts."""
        if room.settings.prompts == "all" and room.joined:
            self._sounds.announce_prompt(room.bridge, "recording", room.settings.wording)

    def announce_count(self, room: Room) -> None:
        """Announce the number of participants to all of them."""
        prompt, facts = _count_prompt(room)
        self._sounds.announce_prompt(room.bridge, prompt, room.settings.wording, facts)

    def play_prompt(self, seat: Seat, prompt: str, settings: RoomSettings) -> None:
        """Play a prompt to one participant; it stops when the participant leaves."""
        self._prompt(seat, prompt, settings, {})

    def confirm_key(self, room: Room, seat: Seat, prompt: str) -> None:
        """Play the result of a menu key to one participant; in a room without prompts, one beep."""
        if room.settings.prompts == "off":
            self._beep(seat, 1)
        else:
            self.play_prompt(seat, prompt, room.settings)

    def play_count(self, room: Room, seat: Seat) -> None:
        """Play the number of participants to one of them; in a room without prompts, that many beeps."""
        if room.settings.prompts == "off":
            self._beep(seat, room.joined)
            return
        prompt, facts = _count_prompt(room)
        self._prompt(seat, prompt, room.settings, facts)

    def _prompt(self, seat: Seat, prompt: str, settings: RoomSettings, facts: dict[str, str]) -> None:
        if isinstance(seat.port, RemotePort):
            seat.port.prompt(prompt, facts)
        else:
            self._sounds.prompt_in_background(seat.port, prompt, settings.wording, seat.dismissed, facts)

    def _beep(self, seat: Seat, count: int) -> None:
        if isinstance(seat.port, RemotePort):
            seat.port.beep(count)
            return
        self._sounds.play_in_background(seat.port, PcmSource(beeps(count), SOUND_RATE_HZ), seat.dismissed)

    def _announce_change(self, room: Room, prompt: str, name: str) -> None:
        if room.settings.announce == "count":
            self.announce_count(room)
        elif room.settings.announce == "names" and name:
            self._sounds.announce_prompt(room.bridge, prompt, room.settings.wording, {"name": name})


def _count_prompt(room: Room) -> tuple[str, dict[str, str]]:
    return "count_one" if room.joined == 1 else "count", {"count": str(room.joined)}
