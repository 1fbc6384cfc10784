"""The log of aiohttp: malformed requests are a line without a traceback, one in ten seconds."""

import logging
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger

__all__ = ["logger"]

_LINE_S: Final = 10.0


class _Malformed(logging.Filter):
    """Logs malformed requests (RFC 9112) as warnings instead of errors, with how many came since the last line."""

    def __init__(self) -> None:
        super().__init__()
        self._written_s = 0.0
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is logged; change that of a malformed request."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError):
            return True
        self._count += 1
        if abs(record.created - self._written_s) < _LINE_S:
            return False
        record.msg, record.args, record.exc_info = "malformed request", (), None
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.fields = {"error": type(error).__name__, "count": self._count}
        self._written_s, self._count = record.created, 0
        return True


_malformed: Final = _Malformed()


def logger() -> logging.Logger:
    """Return the logger of aiohttp, with few lines for malformed requests."""
    # Adding the same filter again has no effect.
    server_logger.addFilter(_malformed)
    return server_logger
