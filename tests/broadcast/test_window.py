"""The playlist of low-latency HLS, and requests that wait (draft-pantos-hls-rfc8216bis)."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from mixminus.broadcast.errors import PieceNotFound, PlaylistAhead
from mixminus.broadcast.window import SEGMENT_PARTS, WINDOW_SEGMENTS, Window
from tests.support.waiting import run_ready_tasks

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def filled(parts: int) -> Window:
    window = Window()
    window.header = b"header"
    for number in range(parts):
        window.add(b"<%d>" % number, NOW)
    return window


async def lines(window: Window, query: str = "") -> list[str]:
    return (await window.playlist(None, None, query)).splitlines()


def names(found: list[str]) -> list[str]:
    return re.findall(r"(?:part|segment)-[\d-]+\.m4s", "\n".join(found))


async def test_a_playlist_lists_complete_segments_new_parts_and_what_comes_next() -> None:
    found = await lines(filled(2 * SEGMENT_PARTS + 1))
    assert found[0] == "#EXTM3U"
    assert "#EXT-X-TARGETDURATION:2" in found
    assert "#EXT-X-PART-INF:PART-TARGET=0.32000" in found
    assert "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.960,HOLD-BACK=6" in found, (
        "hold-backs of three target durations"
    )
    assert '#EXT-X-MAP:URI="init.mp4"' in found
    assert names(found) == [
        *(f"part-0-{at}.m4s" for at in range(SEGMENT_PARTS)),
        "segment-0.m4s",
        *(f"part-1-{at}.m4s" for at in range(SEGMENT_PARTS)),
        "segment-1.m4s",
        "part-2-0.m4s",
        "part-2-1.m4s",
    ]
    assert found[-1] == '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-2-1.m4s"'
    assert "#EXT-X-ENDLIST" not in found


async def test_a_query_is_in_every_uri() -> None:
    found = await lines(filled(SEGMENT_PARTS + 1), "?token=abc")
    assert all("?token=abc" in line for line in found if ".m" in line)


async def test_old_segments_and_parts_are_left_out_and_memory_is_bounded() -> None:
    window = filled(40 * SEGMENT_PARTS)
    found = await lines(window)
    assert f"#EXT-X-MEDIA-SEQUENCE:{40 - WINDOW_SEGMENTS}" in found
    segments = [each for each in names(found) if each.startswith("segment")]
    assert segments == [f"segment-{at}.m4s" for at in range(40 - WINDOW_SEGMENTS, 40)]
    assert min(int(each.split("-")[1]) for each in names(found) if each.startswith("part")) == 38
    assert await window.piece("segment-28.m4s") == b"".join(b"<%d>" % at for at in range(168, 174))
    with pytest.raises(PieceNotFound):
        await window.piece("segment-27.m4s")


@pytest.mark.parametrize(
    ("segment", "part", "needed"),
    [
        pytest.param(0, 0, 1, id="a part"),
        pytest.param(0, 3, 4, id="a later part"),
        pytest.param(0, None, SEGMENT_PARTS, id="a whole segment"),
        pytest.param(0, SEGMENT_PARTS, SEGMENT_PARTS + 1, id="behind the last part: the next segment"),
        pytest.param(1, 1, SEGMENT_PARTS + 2, id="a part of the next segment"),
    ],
)
async def test_a_playlist_is_sent_when_it_has_what_was_asked_for(
    segment: int, part: int | None, needed: int
) -> None:
    window = filled(0)
    answer = asyncio.ensure_future(window.playlist(segment, part, ""))
    for number in range(needed):
        await run_ready_tasks()
        assert not answer.done()
        window.add(b"<%d>" % number, NOW)
    assert len([each for each in names((await answer).splitlines()) if each.startswith("part")]) == needed + 1


async def test_the_announced_part_is_sent_when_it_is_complete() -> None:
    window = filled(2)
    answer = asyncio.ensure_future(window.piece("part-0-2.m4s"))
    await run_ready_tasks()
    assert not answer.done()
    window.add(b"next", NOW)
    assert await answer == b"next"


async def test_the_end_reaches_all_who_wait() -> None:
    window = filled(2)
    answer = asyncio.ensure_future(window.playlist(0, 5, ""))
    part = asyncio.ensure_future(window.piece("part-0-2.m4s"))
    await run_ready_tasks()
    window.end()
    found = (await answer).splitlines()
    assert found[-1] == "#EXT-X-ENDLIST"
    with pytest.raises(PieceNotFound):
        await part
    assert await window.piece("part-0-1.m4s") == b"<1>"


async def test_a_segment_far_ahead_is_refused() -> None:
    with pytest.raises(PlaylistAhead):
        await filled(2).playlist(3, 0, "")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "part",
        "part-0",
        "part-0-9.m4s",
        "part-9-0.m4s",
        "segment-0.m4s",
        "part-a-b.m4s",
        "part-0-\u00b2",
        "segment-" + "9" * 5000 + ".m4s",
        "part-" + "9" * 5000 + "-0.m4s",
        "part-0-" + "9" * 5000 + ".m4s",
    ],
)
async def test_an_unknown_piece_is_refused(name: str) -> None:
    with pytest.raises(PieceNotFound):
        await filled(2).piece(name)


async def test_the_header_is_a_piece() -> None:
    assert await filled(0).piece("init.mp4") == b"header"
