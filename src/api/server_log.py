"""What aiohttp itself logs: garbage from the network is one line, and no reason for a traceback."""

import logging

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

__all__ = ["logger"]


def logger() -> logging.Logger:
    """Return aiohttp's logger, made to tell malformed requests (RFC 9112) from failures of ours."""
    # A logger keeps a filter once, however often it is added.
    server_logger.addFilter(_tell_malformed)
    return server_logger


def _tell_malformed(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args, record.exc_info = "malformed request", (), None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.fields = {"error": type(error).__name__}
    return True
