"""The lifecycle of an activeflow (api.md section 6.3): it runs, and then it has ended."""

import enum
from typing import Final

__all__ = ["ACTIVEFLOW_TRANSITIONS", "ActiveflowEvent", "ActiveflowStatus"]


class ActiveflowStatus(enum.StrEnum):
    RUNNING = enum.auto()
    ENDED = enum.auto()


class ActiveflowEvent(enum.StrEnum):
    FINISHED = enum.auto()


ACTIVEFLOW_TRANSITIONS: Final[dict[ActiveflowStatus, dict[ActiveflowEvent, ActiveflowStatus]]] = {
    ActiveflowStatus.RUNNING: {ActiveflowEvent.FINISHED: ActiveflowStatus.ENDED},
    ActiveflowStatus.ENDED: {},
}
