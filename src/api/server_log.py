"""The log of aiohttp: a malformed request is one line without a traceback."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

__all__ = ["logger"]


def logger() -> logging.Logger:
    """Return the logger of aiohttp, with malformed requests (RFC 9112) as warnings instead of errors."""
    # Adding the same filter again has no effect.
    server_logger.addFilter(_warn_of_malformed)
    return server_logger


def _warn_of_malformed(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.msg, record.args, record.exc_info = "malformed request", (), None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.fields = {"error": type(error).__name__}
    return True
