"""Privacy: what was done with what the server has of a person."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from mixminus.model.recording import Recording

__all__ = ["ERASED", "ErasureReport", "RoomRecordings"]

ERASED: Final = "erased"
"""What stands where a name or an address was."""
RoomRecordings = Literal["stems", "delete", "keep"]
"""What an erasure does to recordings of rooms: deletes the person's stems, the whole recordings, or nothing."""


@dataclass(slots=True)
class ErasureReport:
    """What an erasure has found and done."""

    calls: int = 0
    participants: int = 0
    transcripts: int = 0
    messages: int = 0
    groupcalls: int = 0
    activeflows: int = 0
    events: int = 0
    recordings: int = 0
    """Recordings that were deleted, of calls and, if that was asked for, of rooms."""
    stems: int = 0
    """Files with the person's voice alone that were deleted from recordings of rooms."""
    traces: int = 0
    recordings_kept: list[str] = field(default_factory=list)
    """Ids of recordings of rooms whose mix has the person's voice still."""
    calls_in_progress: int = 0
    """Calls that have not ended: they were left as they are."""

    def kept(self, recordings: Iterable[Recording]) -> None:
        """Add recordings that were left, each once."""
        ids = [str(each.id) for each in recordings]
        self.recordings_kept += [each for each in ids if each not in self.recordings_kept]

    def add_files(self, other: "ErasureReport") -> None:
        """Add what another node has done to its files."""
        self.recordings += other.recordings
        self.stems += other.stems
        self.traces += other.traces
        self.recordings_kept += [each for each in other.recordings_kept if each not in self.recordings_kept]
