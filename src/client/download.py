"""Downloads of recordings to files, piece by piece."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from uuid import UUID

import httpx

from mixminus.client.errors import ConnectionFailed
from mixminus.client.request import checked

if TYPE_CHECKING:
    from mixminus.client.client import AsyncClient, Client

__all__ = ["save", "save_async"]

Progress = Callable[[int, int], None]
_FIRST_ERROR: Final = 400


class _File:
    """A file that appears under its name when it is complete."""

    def __init__(self, path: Path, answer: httpx.Response, progress: Progress | None) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._total = int(answer.headers.get("Content-Length", 0))
        self._progress = progress
        self._written = 0
        self._file: BinaryIO = self._part.open("wb")

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._written += len(piece)
        if self._progress:
            self._progress(self._written, self._total)

    def finish(self) -> None:
        self._file.close()
        self._part.replace(self._path)

    def discard(self) -> None:
        self._file.close()
        with suppress(OSError):
            self._part.unlink()


def save(client: "Client", id: UUID | str, path: Path, track: str, progress: Progress | None) -> None:
    """Write a recording to a file; see ``Client.save_recording``."""
    try:
        with client.http.stream("GET", _url(id), params=_query(track), headers=client.headers()) as answer:
            if answer.status_code >= _FIRST_ERROR:
                checked(answer.status_code, answer.read())
            file = _File(path, answer, progress)
            try:
                for piece in answer.iter_bytes():
                    file.write(piece)
                file.finish()
            except BaseException:
                file.discard()
                raise
    except httpx.TransportError as error:
        raise ConnectionFailed(f"the recording did not arrive: {error}") from error


async def save_async(
    client: "AsyncClient", id: UUID | str, path: Path, track: str, progress: Progress | None
) -> None:
    """Write a recording to a file; see ``AsyncClient.save_recording``."""
    url, query = _url(id), _query(track)
    try:
        async with client.http.stream("GET", url, params=query, headers=client.headers()) as answer:
            if answer.status_code >= _FIRST_ERROR:
                checked(answer.status_code, await answer.aread())
            file = _File(path, answer, progress)
            try:
                async for piece in answer.aiter_bytes():
                    file.write(piece)
                file.finish()
            except BaseException:
                file.discard()
                raise
    except httpx.TransportError as error:
        raise ConnectionFailed(f"the recording did not arrive: {error}") from error


def _url(id: UUID | str) -> str:
    return f"/v1.0/recordingfiles/{id}"


def _query(track: str) -> dict[str, str]:
    return {"track": track} if track else {}
