"""Verify a recording: its files, timeline and seal against each other."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import av
import numpy as np
import orjson

from mixminus.recording.completion import TIMELINE
from mixminus.recording.journal import ORIGIN, link, read_journal
from mixminus.recording.tracks import JOURNAL
from mixminus.recording.wav import SAMPLE_BYTES

__all__ = ["Finding", "verify"]

_LOSSLESS: Final = frozenset({".wav", ".flac"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference from what was sealed."""

    what: str
    where: str = ""


def verify(directory: Path, seal: str = "") -> list[Finding]:
    """Return all differences; ``seal`` is the one the server published, if known.

    Without the seal, a chain that was rewritten as a whole is not detected.
    """
    path = directory / TIMELINE
    if not path.exists():
        return _still_recording(directory)
    try:
        timeline = orjson.loads(path.read_bytes())
        entries, files = timeline["entries"], timeline["files"]
        findings = list(_chain(entries, timeline["seal"], seal))
    except (ValueError, KeyError, TypeError):
        return [Finding("the timeline cannot be read")]
    if not findings and entries[-1]["entry"].get("files") != files:
        findings.append(Finding("the list of files was changed"))
    segments = [line["entry"] for line in entries if line["entry"].get("type") == "segment"]
    for file in files:
        findings += _file(directory, file, segments)
    return findings


def _still_recording(directory: Path) -> list[Finding]:
    path = directory / JOURNAL
    if not path.exists():
        return [Finding("there is no timeline")]
    _, size = read_journal(path)
    return [] if size == path.stat().st_size else [Finding("the journal's chain breaks", f"byte {size}")]


def _chain(entries: list[dict[str, Any]], own: str, expected: str) -> Iterator[Finding]:
    before = ORIGIN
    for number, line in enumerate(entries):
        if link(before, line["entry"]) != line["hash"]:
            yield Finding("the timeline's chain breaks", f"entry {number}")
        before = line["hash"]
    if before != own:
        yield Finding("the timeline ends early or late")
    if expected and expected != own:
        yield Finding("the seal differs from the expected one")


def _file(directory: Path, file: dict[str, Any], segments: list[dict[str, Any]]) -> list[Finding]:
    path = directory / Path(file["name"]).name
    if not path.is_file():
        return [Finding("a file is missing", path.name)]
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(1 << 18):
            digest.update(block)
    findings = [] if digest.hexdigest() == file["sha256"] else [Finding("a file was changed", path.name)]
    if findings and path.suffix in _LOSSLESS:
        findings += _segments(path, file["track"], segments)
    return findings


def _segments(path: Path, track: str, segments: list[dict[str, Any]]) -> list[Finding]:
    """Return which segments were changed; a stem is silent before its first segment."""
    findings = []
    try:
        with _Decoded(path) as decoded:
            for each in segments:
                size = each["samples"] * decoded.channels * SAMPLE_BYTES
                wanted = each["tracks"].get(track) or hashlib.sha256(bytes(size)).hexdigest()
                if decoded.digest(size) != wanted:
                    where = f"{path.name}, samples {each['first']} to {each['first'] + each['samples']}"
                    findings.append(Finding("a segment was changed", where))
    except (av.FFmpegError, ValueError):
        return [Finding("a file cannot be decoded", path.name)]
    return findings


class _Decoded:
    """Decodes a file to sample bytes, in order."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        stream = self._container.streams.audio[0]
        self.channels = stream.channels
        self._resampler = av.AudioResampler(format="s16", layout=stream.layout, rate=stream.rate)
        self._frames = self._container.decode(stream)
        self._rest = b""

    def digest(self, size: int) -> str:
        """Return the hash of the next bytes."""
        digest = hashlib.sha256()
        while size > 0:
            if not self._rest:
                frame = next(self._frames, None)
                if frame is None:
                    break
                self._rest = b"".join(
                    np.ascontiguousarray(each.to_ndarray(), np.int16).tobytes()
                    for each in self._resampler.resample(frame)
                )
                continue
            digest.update(self._rest[:size])
            self._rest, size = self._rest[size:], size - min(size, len(self._rest))
        return digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()
