"""What a recording refuses."""

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
    """It is paused already."""


class RecordingNotPaused(Conflict):
    """There is nothing to resume."""


class RecordingUnavailable(Unavailable):
    """The disk or the storage does not do what is needed."""


class FormatUnsupported(InvalidArgument):
    """This build of PyAV has no encoder for it."""
