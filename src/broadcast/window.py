"""Window: the newest segments of a broadcast and their playlist (draft-pantos-hls-rfc8216bis, low-latency HLS).

    part 0.0 0.1 ... 0.5 | part 1.0 1.1 ... | part 2.0 2.1, and 2.2 is announced by EXT-X-PRELOAD-HINT
    segment 0             segment 1          segment 2 is not complete

A request for what is announced, or for a playlist that has it (``_HLS_msn``, ``_HLS_part``), waits.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from mixminus.broadcast.errors import PieceNotFound, PlaylistAhead
from mixminus.broadcast.fragments import PART_S
from mixminus.errors import Unavailable

__all__ = ["PLAYLIST", "WINDOW_SEGMENTS", "Window"]

PLAYLIST: Final = "index.m3u8"
_HEADER: Final = "init.mp4"
_SEGMENT: Final = re.compile(r"segment-([0-9]{1,9})\.m4s")
_PART: Final = re.compile(r"part-([0-9]{1,9})-([0-9]{1,9})\.m4s")
SEGMENT_PARTS: Final = 6
SEGMENT_S: Final = SEGMENT_PARTS * PART_S
TARGET_S: Final = 2
"""EXT-X-TARGETDURATION: that of a segment, rounded (section 4.4.3.1)."""
WINDOW_SEGMENTS: Final = 10
"""Complete segments that are listed; two more are kept for players that have an old playlist."""
_KEPT_SEGMENTS: Final = WINDOW_SEGMENTS + 2
_SEGMENTS_WITH_PARTS: Final = 3
"""Parts older than three target durations may be left out (section 6.2.2)."""
_MAX_AHEAD_SEGMENTS: Final = 2
"""A request for more is refused (section 6.2.5.2)."""
WAIT_S: Final = 3.0 * TARGET_S
"""For what is announced."""


class Window:
    """Bounded: some twenty seconds, whatever the number of players."""

    def __init__(self) -> None:
        self.header = b""
        self.ended = False
        self._segments: OrderedDict[int, list[bytes]] = OrderedDict({0: []})
        self._began: dict[int, datetime] = {}
        self._newest = 0
        self._grown = asyncio.Event()

    @property
    def has_segment(self) -> bool:
        """Whether there is something to play, also for players that do not know parts."""
        return self._newest > 0

    def add(self, part: bytes, now: datetime) -> None:
        """Add the next part, which ends now."""
        parts = self._segments[self._newest]
        self._began.setdefault(self._newest, now - timedelta(seconds=PART_S))
        parts.append(part)
        if len(parts) == SEGMENT_PARTS:
            self._newest += 1
            self._segments[self._newest] = []
            while len(self._segments) > _KEPT_SEGMENTS + 1:
                number, _ = self._segments.popitem(last=False)
                del self._began[number]
        self._wake()

    def end(self) -> None:
        """Mark the end: nothing is announced any more."""
        self.ended = True
        self._wake()

    async def playlist(self, msn: int | None, part: int | None, query: str) -> str:
        """Return the playlist; with a segment and perhaps a part, once it has them.

        ``query`` is appended to every URI. Raises PlaylistAhead for what is too far ahead, Unavailable for
        what does not come in time.
        """
        if msn is not None:
            if msn > self._newest + _MAX_AHEAD_SEGMENTS:
                raise PlaylistAhead(f"segment {msn} is too far ahead: the newest is {self._newest}")
            # A part behind the last of its segment is the first of the next one (section 6.2.5.2).
            wanted = (msn + 1, 0) if part is None else (msn + part // SEGMENT_PARTS, part % SEGMENT_PARTS + 1)
            await self._until(lambda: self._position() >= wanted)
        return self._render(query)

    async def piece(self, name: str) -> bytes:
        """Return the header, a segment or a part by its name; one that is announced, once it is complete.

        Raises PieceNotFound, Unavailable.
        """
        if name == _HEADER:
            return self.header
        if segment := _SEGMENT.fullmatch(name):
            parts = self._segments.get(int(segment[1]), [])
            if len(parts) == SEGMENT_PARTS:
                return b"".join(parts)
        elif part := _PART.fullmatch(name):
            return await self._part(int(part[1]), int(part[2]))
        raise PieceNotFound(f"{name} is not there any more, or not yet: load the playlist again")

    async def _part(self, segment: int, number: int) -> bytes:
        if (segment, number) == self._position():
            await self._until(lambda: self._position() > (segment, number))
        parts = self._segments.get(segment, [])
        if number >= len(parts):
            raise PieceNotFound("the part is not there any more, or not yet: load the playlist again")
        return parts[number]

    def _position(self) -> tuple[int, int]:
        """Return segment and number of the part that comes next."""
        return self._newest, len(self._segments[self._newest])

    async def _until(self, there: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not there() and not self.ended:
                    await self._grown.wait()
        except TimeoutError:
            raise Unavailable("what was asked for did not come in time: load the playlist again") from None

    def _wake(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    def _render(self, query: str) -> str:
        first = max(min(self._segments), self._newest - WINDOW_SEGMENTS)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:9",
            f"#EXT-X-TARGETDURATION:{TARGET_S}",
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * PART_S:.3f},HOLD-BACK={3 * TARGET_S}",
            f"#EXT-X-PART-INF:PART-TARGET={PART_S:.5f}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            f'#EXT-X-MAP:URI="{_HEADER}{query}"',
        ]
        for number in range(first, self._newest + 1):
            lines += self._lines(number, query)
        segment, part = self._position()
        hint = f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-{segment}-{part}.m4s{query}"'
        lines.append("#EXT-X-ENDLIST" if self.ended else hint)
        return "\n".join(lines) + "\n"

    def _lines(self, number: int, query: str) -> list[str]:
        parts = self._segments[number]
        lines = []
        if parts:
            began = self._began[number].isoformat(timespec="milliseconds")
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{began}")
        if number > self._newest - _SEGMENTS_WITH_PARTS:
            lines += [
                f'#EXT-X-PART:DURATION={PART_S:.5f},INDEPENDENT=YES,URI="part-{number}-{at}.m4s{query}"'
                for at in range(len(parts))
            ]
        if len(parts) == SEGMENT_PARTS:
            lines += [f"#EXTINF:{SEGMENT_S:.5f},", f"segment-{number}.m4s{query}"]
        return lines
