"""Rows of what one call is let hear (api.md section 5.3)."""

from typing import Final

from mixminus.api.aside_schemas import TalkBody
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.call.errors import CallDeleted, CallNotFound, CallNotProgressing
from mixminus.speech.synthesis.errors import LanguageNotSpoken, SpeechBusy, SpeechFailed, TextTooLong

__all__ = ["OPERATIONS"]

_ERRORS: Final = (CallNotFound, CallDeleted, CallNotProgressing)

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/calls/{id}/talk",
        tag="Calls",
        name="talkToCall",
        summary="Say a text to a call",
        description="Over whatever it does, which goes on; a call that rings is answered. Plain text, or SSML whose "
        "breaks are honoured. Nobody else hears it.",
        body=RequestBody(TalkBody),
        answers=(Answer(description="It is being said; the body is empty."),),
        errors=(*_ERRORS, LanguageNotSpoken, TextTooLong, SpeechBusy, SpeechFailed),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/moh",
        tag="Calls",
        name="playMusicToCall",
        summary="Play music to a call",
        description="Instead of the others, who do not hear the call meanwhile.",
        answers=(Answer(description="Music plays; the body is empty."),),
        errors=_ERRORS,
    ),
    Operation(
        method="DELETE",
        path="/calls/{id}/moh",
        tag="Calls",
        name="stopMusicToCall",
        summary="Let a call hear, and be heard, instead of music",
        description="Harmless where there is no music.",
        answers=(Answer(description="The music has ended; the body is empty."),),
        errors=_ERRORS,
    ),
    Operation(
        method="POST",
        path="/calls/{id}/silence",
        tag="Calls",
        name="silenceCall",
        summary="Let a call hear silence",
        description="Instead of the others, who hear the call as before.",
        answers=(Answer(description="It hears silence; the body is empty."),),
        errors=_ERRORS,
    ),
    Operation(
        method="DELETE",
        path="/calls/{id}/silence",
        tag="Calls",
        name="endSilenceOfCall",
        summary="Let a call hear the others again",
        description="Harmless where there is no silence.",
        answers=(Answer(description="It hears; the body is empty."),),
        errors=_ERRORS,
    ),
)
