"""Structured logs: a fixed event name, and fields beside it.

No name, number, digit or key of a caller is ever part of a message, nor of a
traceback: a traceback has files, lines and types of errors, but neither local
variables nor messages of errors, which may quote user data.
Logs of libraries that use the standard module are written in the same form.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final

import structlog

from mixminus.clock import SystemClock
from mixminus.errors import MixMinusError, Unavailable
from mixminus.log_limit import LogLimit

__all__ = ["configure", "get", "task_failed"]

_MAX_CHAIN: Final = 8


def configure(*, level: str, json: bool) -> None:
    """Send all logs to stderr: one line an event, coloured for people or JSON for machines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    _set(number, json=json, cache=True)
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Bridge)]:
        root.removeHandler(handler)
    root.addHandler(_Bridge())
    sys.excepthook = _process_failed


def _set(level: int, *, json: bool, cache: bool) -> None:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            LogLimit(SystemClock()),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_discreet_traceback),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # stderr as it is when a logger is created, not as it was at import.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=cache,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose events carry ``name`` as their ``part``."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def task_failed(part: str) -> Callable[[str, BaseException], None]:
    """Return a TaskScope's ``on_error`` that logs failed tasks under this part; an absent component needs no traceback."""
    logger = get(part)

    def report(task: str, exc: BaseException) -> None:
        if isinstance(exc, Unavailable):
            logger.warning("task failed", task=task, reason=exc.reason)
            return
        logger.error("task failed", task=task, exc_info=exc)

    return report


class _Bridge(logging.Handler):
    """Logs what libraries log: the first line of the message template, never its arguments."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        event = str(record.msg).partition("\n")[0]
        exc_info = record.exc_info if record.exc_info and record.exc_info[1] else None
        fields = getattr(record, "fields", {})
        get(record.name).log(record.levelno, event, **fields, **({"exc_info": exc_info} if exc_info else {}))


def _process_failed(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    """Log an uncaught exception in place of Python's own traceback."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, frames)
    else:
        get("process").critical("process failed", exc_info=(kind, error, frames))


def _discreet_traceback(exc_info: Any) -> str:
    """Render an error and its causes, first cause first, as Python does but without their messages."""
    return "\n".join(line for error in reversed(list(_chain(exc_info[1]))) for line in _lines(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_MAX_CHAIN):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    if error.__traceback__:
        yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
        if frame.line:
            yield f"    {frame.line}"
    yield _named(error)
    for member in getattr(error, "exceptions", ()):  # an ExceptionGroup's
        yield from (f"  | {line}" for line in _lines(member))


def _named(error: BaseException) -> str:
    """Return the error's type, and its text only where it cannot contain user data."""
    name = type(error).__qualname__
    if isinstance(error, MixMinusError):
        return f"{name}: {error.reason}"
    if isinstance(error, OSError) and error.errno:
        return f"{name}: {os.strerror(error.errno)}"
    return name


# Before the settings are read, too: structlog's default would show variables in tracebacks.
_set(logging.INFO, json=False, cache=False)
