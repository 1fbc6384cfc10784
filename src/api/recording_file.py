"""Send the file of a recording, or a range of it (RFC 9110 section 14), from a disk, a storage, or while it
is written.
"""

import asyncio
from typing import Final

from aiohttp import ETag, hdrs, web

from mixminus.recording.library import Sound

__all__ = ["send"]

BLOCK_BYTES: Final = 1 << 18
NOT_MODIFIED: Final = 304
PARTIAL: Final = 206
UNSATISFIABLE: Final = 416


async def send(request: web.Request, sound: Sound) -> web.StreamResponse:
    """Return the response; a file that is not on a disk has already been sent."""
    headers: dict[str, str] = {
        hdrs.CONTENT_TYPE: sound.media_type,
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{sound.name}"',
        hdrs.CACHE_CONTROL: "private",
        hdrs.ACCEPT_RANGES: "bytes",
    }
    if sound.path is not None:
        # The kernel sends it (sendfile), and aiohttp makes an entity tag of its time and size.
        return web.FileResponse(sound.path, headers=headers)
    etag = ETag(sound.etag) if sound.etag else None
    known = request.if_none_match
    if etag and known and any(each.value in ("*", etag.value) for each in known):
        unchanged = web.Response(status=NOT_MODIFIED)
        unchanged.etag = etag
        return unchanged
    return await _stream(request, sound, headers, etag)


async def _stream(
    request: web.Request, sound: Sound, headers: dict[str, str], etag: ETag | None
) -> web.StreamResponse:
    try:
        begin, end = _range(request, sound.size, etag)
    except ValueError:
        headers[hdrs.CONTENT_RANGE] = f"bytes */{sound.size}"
        return web.Response(status=UNSATISFIABLE, headers=headers | {hdrs.CONTENT_TYPE: "text/plain"})
    whole = (begin, end) == (0, sound.size)
    response = web.StreamResponse(status=200 if whole else PARTIAL, headers=headers)
    if not whole:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {begin}-{end - 1}/{sound.size}"
    if etag:
        response.etag = etag
    response.content_length = end - begin
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD:
        for at in range(begin, end, BLOCK_BYTES):
            await response.write(await asyncio.to_thread(sound.read, at, min(at + BLOCK_BYTES, end)))
    await response.write_eof()
    return response


def _range(request: web.Request, size: int, etag: ETag | None) -> tuple[int, int]:
    """Return the requested range, the whole file if the header is not a valid range.

    Raises ValueError if the file does not have the range.
    """
    condition = request.headers.get(hdrs.IF_RANGE)
    if condition is not None and (etag is None or condition != f'"{etag.value}"'):
        return 0, size
    try:
        wanted = request.http_range
    except ValueError:
        return 0, size
    if wanted.start is None and wanted.stop is None:
        return 0, size
    begin, end, _ = wanted.indices(size)
    if begin >= end:
        raise ValueError("the file does not have this range")
    return begin, end
