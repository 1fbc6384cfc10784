"""CallAudioService: music on hold, silence and speech for one call (api.md section 5.3).

Mute, hold, music and silence each mute the port under a name of their own, so that ending one of them
leaves the others in force.
"""

from typing import Final

from mixminus.call.errors import CallNotProgressing
from mixminus.call.registry import ANSWERABLE
from mixminus.call.service import CallService
from mixminus.conference.room_sounds import Looped, RoomSounds
from mixminus.errors import InvalidArgument
from mixminus.mixer import PortClosed
from mixminus.model.ids import CallId, CustomerId
from mixminus.sound.service import SoundService

__all__ = ["CallAudioService"]

_MUSIC: Final = "moh"
_SILENCE: Final = "silence"


class CallAudioService:
    """Changes what one call hears; everything ends with the call."""

    def __init__(self, *, calls: CallService, room_sounds: RoomSounds, sounds: SoundService) -> None:
        self._calls = calls
        self._room_sounds = room_sounds
        self._sounds = sounds
        self._music: dict[CallId, Looped] = {}

    async def set_music(self, customer_id: CustomerId, call_id: CallId, on: bool) -> None:
        """Start or stop music on hold: the call hears only the music, and is not heard.

        Raises CallNotProgressing.
        """
        live = await self._calls.require(customer_id, call_id)
        try:
            live.port.set_muted(on, by=_MUSIC)
            live.port.set_deafened(on, by=_MUSIC)
        except PortClosed as closed:
            raise CallNotProgressing(f"call {call_id} is ending") from closed
        if not on:
            self._stop_music(call_id)
        elif call_id not in self._music:
            self._music[call_id] = self._room_sounds.play_music(live.port)
            live.over.add_done_callback(lambda _: self._stop_music(call_id))

    async def set_silence(self, customer_id: CustomerId, call_id: CallId, on: bool) -> None:
        """Start or stop silence: the call hears no one, and is still heard; CallNotProgressing."""
        live = await self._calls.require(customer_id, call_id)
        try:
            live.port.set_deafened(on, by=_SILENCE)
        except PortClosed as closed:
            raise CallNotProgressing(f"call {call_id} is ending") from closed

    async def talk(
        self, customer_id: CustomerId, call_id: CallId, text: str, *, language: str = "", voice: str = ""
    ) -> None:
        """Speak a text to the call, over all else that it hears; a ringing call is answered for it.

        Returns when the speech starts. Raises InvalidArgument for an empty text, CallNotProgressing, and the
        errors of ``SoundService.synthesise``.
        """
        if not text:
            raise InvalidArgument("text must not be empty")
        live = await self._calls.require(customer_id, call_id, ANSWERABLE)
        speech = await self._sounds.synthesise(live.port, text, language=language, voice=voice)
        if live.over.done():
            raise CallNotProgressing(f"call {call_id} is ending")
        await live.answer()
        self._sounds.play_in_background(live.port, speech, live.over)

    def _stop_music(self, call_id: CallId) -> None:
        if music := self._music.pop(call_id, None):
            music.close()
