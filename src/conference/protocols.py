"""What conferences need from packages above this one: recording, transcription and flows."""

from typing import Protocol, TypeVar
from uuid import UUID

from mixminus.mixer import Bridge
from mixminus.model.conference import Conference, ConferenceProfile
from mixminus.model.ids import ConferenceId, CustomerId
from mixminus.model.recording import PauseMode, RecordingOptions
from mixminus.model.transcription import TranscribeOptions

__all__ = ["ConferenceFlows", "Recorder", "Transcriber"]

Profile = TypeVar("Profile", bound=ConferenceProfile)


class Recorder(Protocol):
    """Records bridges (``recording.service``). Callers of coroutines hold the conference's lock."""

    async def start(self, conference: Conference, bridge: Bridge, options: RecordingOptions) -> None:
        """Start a recording; raise RecordingAlreadyActive if one is running."""
        ...

    async def stop(self, reference_id: UUID) -> None:
        """Stop the running recording; raise RecordingNotActive if there is none."""
        ...

    def pause(self, reference_id: UUID, mode: PauseMode) -> None:
        """Pause the running recording; raise RecordingNotActive or RecordingPaused."""
        ...

    def resume(self, reference_id: UUID) -> None:
        """Resume the paused recording; raise RecordingNotActive or RecordingNotPaused."""
        ...

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop the running recording, if any, and wait until it is on the disk completely."""
        ...

    def stop_retrying(self) -> None:
        """Wait for the database no more: the server is stopping."""
        ...


class Transcriber(Protocol):
    """Transcribes bridges (``speech.recognition.service``). Callers hold the conference's lock."""

    async def start(self, conference: Conference, bridge: Bridge, options: TranscribeOptions) -> object:
        """Start a transcription; raise TranscribeAlreadyProgressing, or Unavailable without a recogniser."""
        ...

    async def stop(self, conference: Conference) -> None:
        """Stop listening; raise TranscribeNotActive if there is no transcription.

        Audio received before is still transcribed.
        """
        ...

    async def finish(self, conference_id: ConferenceId) -> None:
        """Stop listening, if there is a transcription; called before the bridge closes."""
        ...


class ConferenceFlows(Protocol):
    """Validates the actions that calls run before and after the room (``flow.flows``)."""

    async def checked(self, customer_id: CustomerId, profile: Profile) -> Profile:
        """Return the profile with its actions in their normal form.

        Raise InvalidArgument for an invalid action, and NotFound for an unknown flow.
        """
        ...
