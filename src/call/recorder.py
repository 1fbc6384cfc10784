"""CallRecorder: what a call's flow asks of whoever records it; ``recording.service`` is the one."""

from typing import Protocol
from uuid import UUID

from mixminus.call.live import LiveCall
from mixminus.model.recording import RecordingOptions

__all__ = ["CallRecorder"]


class CallRecorder(Protocol):
    """Records calls, in rooms and outside."""

    async def start_call(self, live: LiveCall, options: RecordingOptions) -> None:
        """Begin a recording; RecordingAlreadyActive if one runs."""
        ...

    async def stop(self, reference_id: UUID) -> None:
        """Let the active recording end; RecordingNotActive if none runs."""
        ...
