"""How times look in the API and in events: the seed's legacy form, or RFC 3339 by setting (api.md 1.3)."""

import enum
import functools
from datetime import UTC, datetime
from typing import Final

from mixminus.errors import InvalidArgument

__all__ = ["UNSET", "InvalidTimestamp", "TimestampStyle", "format_time", "parse_time", "utc_text"]

UNSET: Final = "9999-01-01 00:00:00.000000"
_LEGACY: Final = "%Y-%m-%d %H:%M:%S.%f"
_RFC3339: Final = "%Y-%m-%dT%H:%M:%S.%f"
_LENGTH: Final = len(UNSET)
"""Without the offset from UTC."""


class InvalidTimestamp(InvalidArgument):
    reason = "INVALID_REQUEST_PARAMETER"


class TimestampStyle(enum.StrEnum):
    LEGACY = enum.auto()
    RFC3339 = enum.auto()


def format_time(moment: datetime | None, style: TimestampStyle) -> str | None:
    """Render a UTC time with microseconds; what has not happened is the sentinel, or null in RFC 3339."""
    if moment is None:
        return UNSET if style is TimestampStyle.LEGACY else None
    text = utc_text(moment)
    return text if style is TimestampStyle.LEGACY else f"{text.replace(' ', 'T')}Z"


@functools.lru_cache(maxsize=1024)
def utc_text(moment: datetime) -> str:
    """Return a time in UTC, in the legacy form; remembered, because a row's times stand in each of its events."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:_LENGTH]


def parse_time(text: str) -> datetime:
    """Read either form, with or without ``Z``."""
    bare = text.removesuffix("Z")
    for form in (_RFC3339, _LEGACY):
        try:
            return datetime.strptime(bare, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise InvalidTimestamp(f"not a timestamp: {text!r}")
