"""/speakings (api.md section 5.4): text is said into a running call or room, piece by piece."""

from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field

from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.call.errors import (
    CallNotFound,
    CallNotProgressing,
    SpeakingAlreadyActive,
    SpeakingNotFound,
    SpeakingQueueFull,
    SpeakingStopped,
    TooManySpeakings,
)
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.model.ids import SpeakingId
from mixminus.model.speaking import Speaking, SpeakingSpec
from mixminus.speech.synthesis.errors import LanguageNotSpoken, TextTooLong
from mixminus.store.page import Page
from mixminus.wire.speaking import SpeakingView

__all__ = ["resource"]

_MAX_TEXT: Final = 5000

resource: Final = Resource("Speakings", view=SpeakingView, missing=(SpeakingNotFound,))
operation = partial(Operation, resource)


class SpeakingBody(Body):
    """``provider`` is accepted; the language decides which voice speaks."""

    reference_type: Literal["call", "confbridge", "conference"]
    reference_id: Uuid
    """Of a call, or of a conference."""
    language: Text = ""
    provider: Text = ""
    voice_id: Text = ""
    direction: Literal["", "none", "in", "both"] = ""
    """Who hears it of a call: itself (`in`, `none`), or with it all others in its room (`both`)."""

    def spec(self) -> SpeakingSpec:
        return SpeakingSpec(
            reference_type="call" if self.reference_type == "call" else "confbridge",
            reference_id=self.reference_id,
            language=self.language,
            provider=self.provider,
            voice_id=self.voice_id,
            direction=self.direction or "none",
        )


class SayTextBody(Body):
    text: Annotated[Text, Field(min_length=1, max_length=_MAX_TEXT)]


@operation(
    "POST",
    "/speakings",
    "Begin to say text to a call or a room",
    errors=(
        CallNotFound,
        CallNotProgressing,
        ConferenceNotFound,
        ConferenceNotProgressing,
        SpeakingAlreadyActive,
        TooManySpeakings,
    ),
)
async def create_speaking(call: ApiCall, body: SpeakingBody) -> Speaking:
    """It is `active` at once, says nothing until `say`, and stops with the call or the room."""
    return await call.services.speakings.create(call.customer_id, body.spec())


@operation("GET", "/speakings", "List speakings")
async def list_speakings(call: ApiCall, page: Page) -> list[Speaking]:
    """Those that are active, or stopped lately."""
    return call.services.speakings.list(call.customer_id, page)


@operation("GET", "/speakings/{id}", "Get a speaking")
async def get_speaking(call: ApiCall) -> Speaking:
    return call.services.speakings.get(call.customer_id, SpeakingId(call.id))


@operation("DELETE", "/speakings/{id}", "Delete a speaking")
async def delete_speaking(call: ApiCall) -> Speaking:
    """Stops it. A deleted one cannot be read any more."""
    return await call.services.speakings.delete(call.customer_id, SpeakingId(call.id))


@operation(
    "POST",
    "/speakings/{id}/say",
    "Say a text in a speaking",
    errors=(SpeakingStopped, SpeakingQueueFull, LanguageNotSpoken, TextTooLong),
)
async def say_in_speaking(call: ApiCall, body: SayTextBody) -> Speaking:
    """After what was sent before; it answers at once. Plain text, or SSML, of which breaks are honoured."""
    return await call.services.speakings.say(call.customer_id, SpeakingId(call.id), body.text)


@operation("POST", "/speakings/{id}/flush", "Discard the texts of a speaking", errors=(SpeakingStopped,))
async def flush_speaking(call: ApiCall) -> Speaking:
    """With the one that is said now, at once; the speaking goes on."""
    return call.services.speakings.flush(call.customer_id, SpeakingId(call.id))


@operation("POST", "/speakings/{id}/stop", "Stop a speaking")
async def stop_speaking(call: ApiCall) -> Speaking:
    """At once; one that is stopped is returned unchanged."""
    return await call.services.speakings.stop(call.customer_id, SpeakingId(call.id))
