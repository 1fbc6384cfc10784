"""Errors of flows, activeflows and their actions."""

from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound, Unavailable

__all__ = [
    "ActiveflowNotFound",
    "FetchFailed",
    "FlowNotFound",
    "FlowRunsAway",
    "InvalidActionType",
    "InvalidAnonymousValue",
    "NoCall",
    "TargetUnknown",
    "TooManyFlows",
]


class FlowNotFound(NotFound):
    reason = "FLOW_NOT_FOUND"


class ActiveflowNotFound(NotFound):
    reason = "ACTIVEFLOW_NOT_FOUND"


class InvalidActionType(InvalidArgument):
    """The type of an action is not in the catalogue."""

    reason = "INVALID_ACTION_TYPE"


class InvalidAnonymousValue(InvalidArgument):
    """The field ``anonymous`` of ``call`` or ``connect`` is none of its words."""

    reason = "INVALID_ANONYMOUS_VALUE"


class TooManyFlows(Exhausted):
    """A customer has its maximum of flows, or the server its maximum of flows that run without a call."""


class FlowRunsAway(Exhausted):
    """A flow exceeds a limit: of actions without a wait, of nested lists of actions, or of fetched lists."""


class NoCall(Conflict):
    """An action needs a call, and the flow has none."""


class TargetUnknown(InvalidArgument):
    """A flow jumps to an action that it does not have."""


class FetchFailed(Unavailable):
    """The list of actions could not be fetched, or the answer is not a list of actions."""
