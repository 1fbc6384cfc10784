"""Page: the requested page of a list (api.md 1.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

__all__ = ["MAX_PAGE_SIZE", "Page"]

MAX_PAGE_SIZE: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """At most ``size`` rows created before a moment, newest first."""

    size: int
    before: datetime
