"""Finding: what a check has found, and what to do about it."""

import enum
from dataclasses import dataclass

__all__ = ["Finding", "Level", "failed", "good", "unknown", "warning"]


class Level(enum.StrEnum):
    """How a finding matters."""

    OK = enum.auto()
    UNKNOWN = enum.auto()
    """It cannot be seen from here, or not by this user."""
    WARNING = enum.auto()
    """The server works, but not as well as it could, or not for everyone."""
    FAILED = enum.auto()
    """The server cannot start, or a part of it does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one check."""

    check: str
    level: Level
    found: str
    remedy: str = ""
    """What to do; empty for ``OK``."""


def good(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def unknown(check: str, found: str, remedy: str) -> Finding:
    return Finding(check, Level.UNKNOWN, found, remedy)


def warning(check: str, found: str, remedy: str) -> Finding:
    return Finding(check, Level.WARNING, found, remedy)


def failed(check: str, found: str, remedy: str) -> Finding:
    return Finding(check, Level.FAILED, found, remedy)
