"""Telemetry: spans of calls, requests and deliveries, as OpenTelemetry has them; by default, objects that do nothing.

    Telemetry.span   a span of a call, a request or a delivery: begins a trace, or continues one
    Span.child       a span of a step within it: ``route``, ``action answer``, ``answer``, ``join``

The current span belongs to the task, and the tasks that it starts inherit it; a step asks ``current_span`` for a child.
``app/open_telemetry.py`` has the objects that record, and alone imports the library.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, Literal
from uuid import UUID

__all__ = [
    "NO_TELEMETRY",
    "TRACEPARENT",
    "Attributes",
    "Kind",
    "Span",
    "Telemetry",
    "current_span",
    "entered",
]

TRACEPARENT: Final = "traceparent"
"""The header that carries a span's context (W3C Trace Context, section 3.2)."""

Attributes = Mapping[str, str | int | bool | UUID]
"""Ids, types, states and counts: never a number, a name, a body or a secret."""
Kind = Literal["internal", "server", "client"]

_NOTHING: Final[Attributes] = {}
_NO_HEADERS: Final[Mapping[str, str]] = {}


class Span:
    """A span that records nothing: the current one while telemetry is off."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by which a request continues this trace: ``traceparent``, or none."""
        return _NO_HEADERS

    def child(self, name: str, attributes: Attributes = _NOTHING) -> AbstractContextManager["Span"]:
        """Begin a span within this one; the current one in the block, and ended by it."""
        return _NO_SPAN_BLOCK

    def set(self, name: str, value: str | int | bool | UUID) -> None:
        """Set an attribute."""

    def fail(self, error_type: str) -> None:
        """Mark the span as failed; ``error_type`` is a class of errors, without a value."""

    def remember(self, activeflow_id: UUID) -> None:
        """Let deliveries of the activeflow's events continue this trace."""


_NO_SPAN: Final = Span()
_NO_SPAN_BLOCK: Final = nullcontext(_NO_SPAN)
_current: Final[ContextVar[Span]] = ContextVar("span", default=_NO_SPAN)


class Telemetry:
    """Begins spans; this one begins none."""

    def span(
        self,
        name: str,
        kind: Kind = "internal",
        *,
        traceparent: str | None = None,
        began_ms: int = 0,
        attributes: Attributes = _NOTHING,
    ) -> AbstractContextManager[Span]:
        """Begin a span; the current one in the block, and ended by it.

        It continues the trace of ``traceparent``; an empty or malformed one begins a trace, None continues the current
        span. ``began_ms`` is when it began, in ms since 1970; 0 for now.
        """
        return _NO_SPAN_BLOCK

    def traceparent_of(self, activeflow_id: UUID | None) -> str:
        """Return the context of the span that was remembered for an activeflow; empty if none is known."""
        return ""

    async def close(self) -> None:
        """Send what is recorded, within bounds; closing twice is harmless."""


NO_TELEMETRY: Final = Telemetry()


def current_span() -> Span:
    """Return the span of the running task; one that records nothing if there is none."""
    return _current.get()


@contextmanager
def entered(span: Span) -> Iterator[Span]:
    """Make a span the current one in the block."""
    token = _current.set(span)
    try:
        yield span
    finally:
        _current.reset(token)
