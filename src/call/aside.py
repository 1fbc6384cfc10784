"""AsideService: what one call hears in its room's stead, or over whatever it does (api.md section 5.3).

Who asks is named, so that mute, hold, music and silence are each undone by themselves alone.
"""

from typing import Final

from mixminus.call.errors import CallNotProgressing
from mixminus.call.registry import ANSWERABLE
from mixminus.call.service import CallService
from mixminus.conference.ambience import Ambience, Music
from mixminus.errors import InvalidArgument
from mixminus.mixer import PortClosed
from mixminus.model.ids import CallId, CustomerId
from mixminus.sound.service import SoundService

__all__ = ["AsideService"]

_MUSIC: Final = "moh"
_SILENCE: Final = "silence"


class AsideService:
    """Music, silence and speech for one call; all end with the call."""

    def __init__(self, *, calls: CallService, ambience: Ambience, sounds: SoundService) -> None:
        self._calls = calls
        self._ambience = ambience
        self._sounds = sounds
        self._music: dict[CallId, Music] = {}

    async def set_music(self, customer_id: CustomerId, call_id: CallId, on: bool) -> None:
        """Let music be heard instead of the others, who do not hear the call meanwhile; CallNotProgressing."""
        live = await self._calls.require(customer_id, call_id)
        try:
            live.port.set_muted(on, by=_MUSIC)
            live.port.set_deafened(on, by=_MUSIC)
        except PortClosed as closed:
            raise CallNotProgressing(f"call {call_id} is ending") from closed
        if not on:
            self._end_music(call_id)
        elif call_id not in self._music:
            self._music[call_id] = self._ambience.play_music(live.port)
            live.over.add_done_callback(lambda _: self._end_music(call_id))

    async def set_silence(self, customer_id: CustomerId, call_id: CallId, on: bool) -> None:
        """Let nothing be heard of the others, who do hear the call; CallNotProgressing."""
        live = await self._calls.require(customer_id, call_id)
        try:
            live.port.set_deafened(on, by=_SILENCE)
        except PortClosed as closed:
            raise CallNotProgressing(f"call {call_id} is ending") from closed

    async def talk(
        self, customer_id: CustomerId, call_id: CallId, text: str, *, language: str = "", voice: str = ""
    ) -> None:
        """Say a text over whatever the call does, and answer it for that; returns when it begins.

        InvalidArgument for no text at all, CallNotProgressing, and what ``SoundService.synthesise`` raises.
        """
        if not text:
            raise InvalidArgument("text is empty")
        live = await self._calls.require(customer_id, call_id, ANSWERABLE)
        said = await self._sounds.synthesise(live.port, text, language=language, voice=voice)
        if live.over.done():
            raise CallNotProgressing(f"call {call_id} is ending")
        await live.answer()
        self._sounds.play_in_background(live.port, said, live.over)

    def _end_music(self, call_id: CallId) -> None:
        if music := self._music.pop(call_id, None):
            music.close()
