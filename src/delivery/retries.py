"""When a webhook is tried again (api.md section 11). Pure.

attempt   1    2    3    4   ...   10   11
pause s   1    2    4    8   ...  512  900  900 ...      until the event has waited for MIXMINUS_WEBHOOK_RETRY_HOURS
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

__all__ = ["MAX_PAUSE_S", "is_retried", "pause_s", "pauses_target", "retry_after_s"]

FIRST_PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 900.0
MAX_RETRY_AFTER_S: Final = 3600.0
"""A receiver that asks for more is tried earlier: its mistake could cost every event."""
_DOUBLINGS: Final = 10
_TEMPORARY: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_UNAVAILABLE: Final = frozenset({0, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def is_retried(http_status: int) -> bool:
    """Return whether another attempt may succeed after this status."""
    return http_status >= HTTPStatus.INTERNAL_SERVER_ERROR or http_status in _TEMPORARY


def pauses_target(http_status: int) -> bool:
    """Return whether a failure is one of the whole receiver, and not of one event; 0 is no response."""
    return http_status in _UNAVAILABLE


def pause_s(attempts: int, retry_after: float | None) -> float:
    """Return the pause after so many attempts; the receiver's Retry-After replaces the growing one."""
    if retry_after is not None:
        return min(max(retry_after, FIRST_PAUSE_S), MAX_RETRY_AFTER_S)
    return min(FIRST_PAUSE_S * (1 << min(attempts - 1, _DOUBLINGS)), MAX_PAUSE_S)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110 section 10.2.3); None if it is not valid."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
