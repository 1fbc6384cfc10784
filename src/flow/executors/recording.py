"""What records a call; a recording that cannot be made or stopped does not stop the flow (api.md section 6.5)."""

from collections.abc import Mapping
from typing import Final

from mixminus.errors import MixMinusError
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.recording import RecordingStart, RecordingStop
from mixminus.flow.run import Executor, FlowRun
from mixminus.log import get

__all__ = ["EXECUTORS"]

log = get("flow")


async def recording_start(run: FlowRun, option: RecordingStart) -> None:
    try:
        await run.call.answer()
        await run.services.recorder.start_call(run.call, option.options)
    except (MixMinusError, OSError) as exc:
        log.warning("recording not started", call_id=str(run.call.id), exc_info=exc)


async def recording_stop(run: FlowRun, _: RecordingStop) -> None:
    try:
        await run.services.recorder.stop(run.call.id)
    except MixMinusError as exc:
        log.warning("recording not stopped", call_id=str(run.call.id), exc_info=exc)


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    RecordingStart: recording_start,
    RecordingStop: recording_stop,
}
