"""Written: a file in memory that PyAV writes to; what it has written, in the pieces in which it wrote it."""

__all__ = ["Written"]


class Written:
    """A file that PyAV writes to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes | memoryview) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def take(self) -> list[bytes]:
        """Return what was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces
