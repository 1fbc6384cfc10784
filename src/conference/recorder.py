"""Recorder: what a conference asks of whoever records it; ``recording.service`` is the one."""

from typing import Protocol
from uuid import UUID

from mixminus.mixer import Bridge
from mixminus.model.conference import Conference
from mixminus.model.ids import ConferenceId
from mixminus.model.recording import PauseMode, RecordingOptions

__all__ = ["Recorder"]


class Recorder(Protocol):
    """Records bridges; the conference's turn is held by the caller throughout."""

    async def start(self, conference: Conference, bridge: Bridge, options: RecordingOptions) -> None:
        """Begin a recording; RecordingAlreadyActive if one runs."""
        ...

    async def stop(self, reference_id: UUID) -> None:
        """Let the active recording end; RecordingNotActive if none runs."""
        ...

    def pause(self, reference_id: UUID, mode: PauseMode) -> None:
        """Leave out what is said from now on; RecordingNotActive, RecordingPaused."""
        ...

    def resume(self, reference_id: UUID) -> None:
        """Record again; RecordingNotActive, RecordingNotPaused."""
        ...

    async def finish(self, conference_id: ConferenceId) -> None:
        """End the recording that runs, if any, and wait until all of it is on the disk."""
        ...
