"""CallTranscriber: what actions ask of whoever writes down what a call says; ``speech`` has the one."""

from typing import Protocol

from mixminus.model.ids import CallId, CustomerId
from mixminus.model.transcription import TranscribeOptions

__all__ = ["CallTranscriber"]


class CallTranscriber(Protocol):
    """Listens to calls and to their recordings."""

    async def begin_call(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> object:
        """Listen to a call from now on; a MixMinusError says why not."""
        ...

    async def end_call(self, call_id: CallId) -> None:
        """Stop listening, if anybody does."""
        ...

    async def begin_recordings(
        self, customer_id: CustomerId, call_id: CallId, options: TranscribeOptions
    ) -> None:
        """Listen to a call's recordings that have ended."""
        ...
