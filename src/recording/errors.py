"""Errors of recordings."""

from mixminus.errors import Conflict, InvalidArgument, NotFound, Unavailable

__all__ = [
    "FileNotFound",
    "FormatUnsupported",
    "RecordingAlreadyActive",
    "RecordingNotActive",
    "RecordingNotEnded",
    "RecordingNotFound",
    "RecordingNotPaused",
    "RecordingPaused",
    "RecordingUnavailable",
]


class RecordingNotFound(NotFound):
    reason = "RECORDING_NOT_FOUND"


class FileNotFound(NotFound):
    reason = "FILE_NOT_FOUND"


class RecordingAlreadyActive(Conflict):
    reason = "RECORDING_ALREADY_ACTIVE"


class RecordingNotActive(Conflict):
    reason = "RECORDING_NOT_ACTIVE"


class RecordingNotEnded(Conflict):
    """The file is still being written."""


class RecordingPaused(Conflict):
    """The recording is already paused."""


class RecordingNotPaused(Conflict):
    """The recording is not paused."""


class RecordingUnavailable(Unavailable):
    """The disk or the storage fails."""


class FormatUnsupported(InvalidArgument):
    """This build of PyAV has no encoder for the format."""
