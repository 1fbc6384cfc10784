"""What a recording refuses."""

from mixminus.errors import Conflict, NotFound

__all__ = [
    "FileNotFound",
    "RecordingAlreadyActive",
    "RecordingNotActive",
    "RecordingNotEnded",
    "RecordingNotFound",
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
