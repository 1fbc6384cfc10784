"""Errors of broadcasts."""

from mixminus.errors import AlreadyExists, Conflict, InvalidArgument, NotFound

__all__ = ["BroadcastNotFound", "BroadcastOver", "BroadcastRuns", "PieceNotFound", "PlaylistAhead"]


class BroadcastNotFound(NotFound):
    reason = "BROADCAST_NOT_FOUND"


class BroadcastOver(Conflict):
    """The broadcast has ended."""


class BroadcastRuns(AlreadyExists):
    """The room has a broadcast by HLS, or to this mount, already."""

    reason = "BROADCAST_ALREADY_RUNS"


class PieceNotFound(NotFound):
    """A segment or a part that a playlist does not have."""

    reason = "PIECE_NOT_FOUND"


class PlaylistAhead(InvalidArgument):
    """A playlist with a segment that does not come soon (HTTP 400, rfc8216bis section 6.2.5.2)."""

    reason = "PLAYLIST_AHEAD"
