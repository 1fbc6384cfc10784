"""CallRecordings: what a client may do with the recordings of calls (api.md section 5.3)."""

from mixminus.call.service import CallService
from mixminus.model.call import Call
from mixminus.model.ids import CallId, CustomerId
from mixminus.model.recording import PauseMode, RecordingOptions
from mixminus.recording.service import RecordingService

__all__ = ["CallRecordings"]


class CallRecordings:
    """Records calls that are up; an id of another customer is not found."""

    def __init__(self, calls: CallService, recordings: RecordingService) -> None:
        self._calls = calls
        self._recordings = recordings

    async def start(self, customer_id: CustomerId, call_id: CallId, options: RecordingOptions) -> Call:
        """Record what the call says and hears from now on; RecordingAlreadyActive."""
        live = await self._calls.require(customer_id, call_id)
        await self._recordings.start_call(live, options)
        return await self._calls.get(customer_id, call_id)

    async def stop(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Stop the active recording; RecordingNotActive."""
        await self._calls.require(customer_id, call_id)
        await self._recordings.stop(call_id)
        return await self._calls.get(customer_id, call_id)

    async def pause(self, customer_id: CustomerId, call_id: CallId, mode: PauseMode) -> Call:
        """Leave out of the active recording what is said from now on."""
        await self._calls.require(customer_id, call_id)
        self._recordings.pause(call_id, mode)
        return await self._calls.get(customer_id, call_id)

    async def resume(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Let the paused recording go on."""
        await self._calls.require(customer_id, call_id)
        self._recordings.resume(call_id)
        return await self._calls.get(customer_id, call_id)
