"""What is done to a call's audio as a whole."""

from collections.abc import Mapping
from typing import Final

from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.media import Mute
from mixminus.flow.run import Executor, FlowRun
from mixminus.model.call import MuteDirection

__all__ = ["EXECUTORS"]


async def mute(run: FlowRun, _: Mute) -> None:
    """Mute both ways; a call that is not answered is not muted."""
    await run.call.set_mute(MuteDirection.BOTH, on=True)


EXECUTORS: Final[Mapping[type[Option], Executor]] = {Mute: mute}
