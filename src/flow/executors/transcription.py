"""What writes down what a call says: nothing here waits, and a failure is never worth a call."""

from collections.abc import Mapping
from typing import Final

from mixminus.errors import MixMinusError
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.transcription import TranscribeRecording, TranscribeStart, TranscribeStop
from mixminus.flow.run import Executor, FlowRun
from mixminus.log import get

__all__ = ["EXECUTORS"]

log = get("flow")


async def transcribe_start(run: FlowRun, option: TranscribeStart) -> None:
    try:
        await run.services.transcriber.begin_call(run.call.call.customer_id, run.call.id, option.options)
    except MixMinusError as exc:
        log.warning("call not transcribed", call_id=str(run.call.id), reason=exc.reason)


async def transcribe_stop(run: FlowRun, _: TranscribeStop) -> None:
    await run.services.transcriber.end_call(run.call.id)


async def transcribe_recording(run: FlowRun, option: TranscribeRecording) -> None:
    try:
        await run.services.transcriber.begin_recordings(
            run.call.call.customer_id, run.call.id, option.options
        )
    except MixMinusError as exc:
        log.warning("recordings not transcribed", call_id=str(run.call.id), reason=exc.reason)


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    TranscribeStart: transcribe_start,
    TranscribeStop: transcribe_stop,
    TranscribeRecording: transcribe_recording,
}
