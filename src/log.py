"""Structured logs: a fixed event name, and fields beside it.

No name, number, digit or key of a caller is ever part of a message.
"""

import logging
import sys
from collections.abc import Callable

import structlog

__all__ = ["configure", "get", "task_failed"]


def configure(*, level: str, json: bool) -> None:
    """Send all logs to stderr: one line an event, coloured for people or JSON for machines."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger whose events carry the part of the house they come from."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=name)
    return logger


def task_failed(part: str) -> Callable[[str, BaseException], None]:
    """Return what a TaskScope of this part calls when one of its tasks has failed."""
    logger = get(part)

    def report(task: str, exc: BaseException) -> None:
        logger.error("task failed", task=task, exc_info=exc)

    return report
