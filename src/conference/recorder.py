"""Recorder: what a conference asks of whoever records it; ``recording.service`` is the one."""

from typing import Protocol

from mixminus.conference.model import Conference
from mixminus.ids import ConferenceId
from mixminus.mixer import Bridge
from mixminus.recording.model import RecordingOptions

__all__ = ["Recorder"]


class Recorder(Protocol):
    """Records bridges; the conference's turn is held by the caller throughout."""

    async def start(self, conference: Conference, bridge: Bridge, options: RecordingOptions) -> None:
        """Begin a recording; RecordingAlreadyActive if one runs."""
        ...

    async def stop(self, conference: Conference) -> None:
        """Let the active recording end; RecordingNotActive if none runs."""
        ...

    async def finish(self, conference_id: ConferenceId) -> None:
        """End the recording that runs, if any, and wait until its file is whole."""
        ...
