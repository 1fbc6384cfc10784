"""Transcriber: what a conference asks of whoever writes down what is said; ``speech`` has the one."""

from typing import Protocol

from mixminus.mixer import Bridge
from mixminus.model.conference import Conference
from mixminus.model.ids import ConferenceId
from mixminus.model.transcription import TranscribeOptions

__all__ = ["Transcriber"]


class Transcriber(Protocol):
    """Listens to bridges; the conference's turn is held by the caller throughout."""

    async def start(self, conference: Conference, bridge: Bridge, options: TranscribeOptions) -> object:
        """Begin to listen; TranscribeAlreadyProgressing if somebody does, Unavailable if nobody can."""
        ...

    async def stop(self, conference: Conference) -> None:
        """Stop listening; TranscribeNotActive if nobody listens. What was heard is still written down."""
        ...

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop listening, if anybody does: the bridge is about to close."""
        ...
