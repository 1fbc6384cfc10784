"""What carries a call's audio to a program elsewhere; the flow does not wait for it to end."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.external import ExternalMediaStart, ExternalMediaStop
from mixminus.flow.run import Executor, FlowRun

__all__ = ["EXECUTORS"]


async def external_media_start(run: FlowRun, option: ExternalMediaStart) -> None:
    await run.wait(run.services.external.start(run.call, option.fork))


async def external_media_stop(run: FlowRun, _: ExternalMediaStop) -> None:
    run.services.external.stop(run.call.id)


EXECUTORS: Final[Mapping[type[Option], Executor]] = {
    ExternalMediaStart: external_media_start,
    ExternalMediaStop: external_media_stop,
}
