"""What the API answers about the insides of recordings; as ``shapes``."""

from typing import Any, Literal

from mixminus.api.openapi.shapes import RecordingFile, Shape

__all__ = ["Peaks", "RecordingFinding", "Timeline", "TimelineLine", "Verification"]


class TimelineLine(Shape):
    """Something that happened, or the hashes of a segment, bound to all before by SHA-256."""

    entry: dict[str, Any]
    """`type` is `begin`, `event`, `segment`, `end` or `files`; an event has `at`, a sample of every file."""
    hash: str
    """Over the hash before and the entry, its keys in order."""


class Timeline(Shape):
    """What happened while it was recorded, and what proves it."""

    entries: list[TimelineLine]
    files: list[RecordingFile]
    seal: str


class RecordingFinding(Shape):
    """Something that is not as it was sealed."""

    what: str
    where: str


class Verification(Shape):
    """Whether a recording is what was recorded."""

    intact: bool
    findings: list[RecordingFinding]


class Peaks(Shape):
    """A waveform: for each stretch and channel the least and the greatest sample, in 8 bits."""

    version: Literal[2]
    channels: int
    sample_rate: int
    samples_per_pixel: int
    bits: Literal[8]
    length: int
    data: list[int]
