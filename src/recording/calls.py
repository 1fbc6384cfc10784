"""CallRecordings: the operations of clients on recordings of calls (api.md section 5.3)."""

from mixminus.call.service import CallService
from mixminus.model.call import Call
from mixminus.model.ids import CallId, CustomerId
from mixminus.model.recording import PauseMode, RecordingOptions
from mixminus.recording.service import RecordingService

__all__ = ["CallRecordings"]


class CallRecordings:
    """Records calls in progress; another customer's call is not found."""

    def __init__(self, calls: CallService, recordings: RecordingService) -> None:
        self._calls = calls
        self._recordings = recordings

    async def start(self, customer_id: CustomerId, call_id: CallId, options: RecordingOptions) -> Call:
        """Start to record what the call says and hears; RecordingAlreadyActive."""
        live = await self._calls.require(customer_id, call_id)
        await self._recordings.start_call(live, options)
        return await self._calls.get(customer_id, call_id)

    async def stop(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Stop the active recording; RecordingNotActive."""
        await self._calls.require(customer_id, call_id)
        await self._recordings.stop(call_id)
        return await self._calls.get(customer_id, call_id)

    async def pause(self, customer_id: CustomerId, call_id: CallId, mode: PauseMode) -> Call:
        """Pause the active recording; RecordingNotActive, RecordingPaused."""
        await self._calls.require(customer_id, call_id)
        self._recordings.pause(call_id, mode)
        return await self._calls.get(customer_id, call_id)

    async def resume(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Resume the paused recording; RecordingNotActive, RecordingNotPaused."""
        await self._calls.require(customer_id, call_id)
        self._recordings.resume(call_id)
        return await self._calls.get(customer_id, call_id)
