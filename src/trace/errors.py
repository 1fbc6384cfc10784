"""Errors of traces."""

from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound, Unavailable

__all__ = ["NothingToTrace", "TooManyTraces", "TraceEnded", "TraceNotFound", "TraceUnavailable"]


class TraceNotFound(NotFound):
    reason = "TRACE_NOT_FOUND"


class TraceEnded(Conflict):
    """The trace has ended already."""

    reason = "TRACE_STATE_INVALID"


class TooManyTraces(Exhausted):
    """As many traces run as may; stop one, or wait."""

    reason = "TOO_MANY_TRACES"


class NothingToTrace(InvalidArgument):
    """Neither a number nor a peer was given."""


class TraceUnavailable(Unavailable):
    """The disk fails."""
