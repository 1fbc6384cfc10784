"""Playbacks (api.md section 2.4): texts and files for a room, or for one participant. An extension of the API."""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.api.body import Body, Text
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.conference.errors import (
    ConferencecallGone,
    ConferencecallNotFound,
    ConferenceNotFound,
    ConferenceNotProgressing,
    PlaybackNotFound,
    PlaybackOver,
    PlaybackQueueFull,
    TooManyPlaybacks,
)
from mixminus.model.ids import ConferencecallId, ConferenceId, PlaybackId
from mixminus.model.playback import Playback, PlaybackRequest
from mixminus.sound.programme import MAX_BOOST_DB
from mixminus.speech.synthesis.errors import LanguageNotSpoken, TextTooLong
from mixminus.wire.playback import PlaybackView
from mixminus.wire.view import View

__all__ = ["resource"]

MAX_FILES: Final = 5
MAX_LOOP: Final = 1000
_QUEUE: Final = (PlaybackQueueFull, TooManyPlaybacks)
_SPOKEN: Final = (LanguageNotSpoken, TextTooLong)

resource: Final = Resource("Playbacks", view=PlaybackView)
operation = partial(Operation, resource)

Address = Annotated[Text, Field(min_length=1, max_length=2048)]


class PlaybackFields(Body):
    loop: int = Field(1, ge=0, le=MAX_LOOP)
    """How many times; 0 is until it is stopped."""
    gain_db: float = Field(0.0, ge=-40.0, le=MAX_BOOST_DB)
    """Gain of what is played; it saturates at full scale."""
    duck_db: float = Field(0.0, ge=0.0, le=60.0)
    """Lowers the talkers by this meanwhile; 0 mixes. From 48 on they are silent."""


class SayBody(PlaybackFields):
    """``provider`` is accepted; the language decides which voice speaks."""

    text: Text
    language: Text = ""
    """BCP 47; empty is the room's language, or the server's."""
    provider: Text = ""
    voice_id: Text = ""

    def request(self) -> PlaybackRequest:
        return PlaybackRequest(
            text=self.text,
            language=self.language,
            voice=self.voice_id,
            loop=self.loop,
            gain_db=self.gain_db,
            duck_db=self.duck_db,
        )


class PlayBody(PlaybackFields):
    stream_urls: list[Address] = Field(min_length=1, max_length=MAX_FILES)
    """Files of the folder of sounds, and http(s) URLs; played one after the other."""

    def request(self) -> PlaybackRequest:
        return PlaybackRequest(
            stream_urls=tuple(self.stream_urls), loop=self.loop, gain_db=self.gain_db, duck_db=self.duck_db
        )


class PlaybacksView(View):
    """The playbacks of a room, oldest first."""

    result: list[PlaybackView]


@operation(
    "POST",
    "/conferences/{id}/talk",
    "Say a text to a room",
    errors=(ConferenceNotFound, ConferenceNotProgressing, *_SPOKEN, *_QUEUE),
)
async def talk_to_conference(call: ApiCall, body: SayBody) -> Playback:
    """All participants hear it, one playback after the other, and so does a recording of the room. It answers
    `queued`; events report the rest. Plain text, or SSML, of which breaks are honoured.
    """
    return await call.services.playbacks.play_to_room(call.customer_id, ConferenceId(call.id), body.request())


@operation(
    "POST",
    "/conferences/{id}/play",
    "Play files to a room",
    errors=(ConferenceNotFound, ConferenceNotProgressing, *_QUEUE),
)
async def play_to_conference(call: ApiCall, body: PlayBody) -> Playback:
    """As `talk`. A file that is missing or unreadable makes the playback `failed`, with the reason in `error`."""
    return await call.services.playbacks.play_to_room(call.customer_id, ConferenceId(call.id), body.request())


@operation(
    "POST",
    "/conferencecalls/{id}/talk",
    "Say a text to a participant",
    errors=(ConferencecallNotFound, ConferencecallGone, *_SPOKEN, *_QUEUE),
)
async def talk_to_conferencecall(call: ApiCall, body: SayBody) -> Playback:
    """Only this participant hears it: it is not in a recording of the room. It ends when the participant leaves."""
    return await call.services.playbacks.play_to_participant(
        call.customer_id, ConferencecallId(call.id), body.request()
    )


@operation(
    "POST",
    "/conferencecalls/{id}/play",
    "Play files to a participant",
    errors=(ConferencecallNotFound, ConferencecallGone, *_QUEUE),
)
async def play_to_conferencecall(call: ApiCall, body: PlayBody) -> Playback:
    return await call.services.playbacks.play_to_participant(
        call.customer_id, ConferencecallId(call.id), body.request()
    )


@operation(
    "GET", "/conferences/{id}/playbacks", "List playbacks", errors=(ConferenceNotFound,), answer=PlaybacksView
)
async def list_playbacks(call: ApiCall) -> PlaybacksView:
    """Those of the room and of its participants that play, wait, or ended lately."""
    found = await call.services.playbacks.list(call.customer_id, ConferenceId(call.id))
    return PlaybacksView.model_validate({"result": found})


@operation("GET", "/playbacks/{id}", "Get a playback", errors=(PlaybackNotFound,))
async def get_playback(call: ApiCall) -> Playback:
    """Also one that ended lately."""
    return call.services.playbacks.get(call.customer_id, PlaybackId(call.id))


@operation("POST", "/playbacks/{id}/stop", "Stop a playback", errors=(PlaybackNotFound, PlaybackOver))
async def stop_playback(call: ApiCall) -> Playback:
    """At once, also one that waits; the next in its queue begins."""
    return await call.services.playbacks.stop(call.customer_id, PlaybackId(call.id))
