"""What flows refuse, and why they break off."""

from mixminus.errors import Exhausted, InvalidArgument, NotFound, Unavailable

__all__ = [
    "ActiveflowNotFound",
    "FetchFailed",
    "FlowNotFound",
    "FlowRunsAway",
    "TargetUnknown",
    "TooManyFlows",
]


class FlowNotFound(NotFound):
    reason = "FLOW_NOT_FOUND"


class ActiveflowNotFound(NotFound):
    reason = "ACTIVEFLOW_NOT_FOUND"


class TooManyFlows(Exhausted):
    """A customer has as many flows, or the house as many that run without a call, as it may have."""


class FlowRunsAway(Exhausted):
    """A flow goes on and on without waiting for anything, or nests, or fetches, without end."""


class TargetUnknown(InvalidArgument):
    """A flow is to go on at an action that it does not have."""


class FetchFailed(Unavailable):
    """Actions that were to be fetched did not come, or are none."""
