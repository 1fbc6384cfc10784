"""Complete a recording: from the files left by its end or by a crash to the files that are kept.

    journal.jsonl, mix.wav, port-1.wav  -->  repaired  -->  encoded  -->  timeline.json, mix.flac, port-1.flac

Each step can be interrupted and repeated: its input is removed only once timeline.json exists.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import orjson

from mixminus.recording.encoding import FORMATS, encode
from mixminus.recording.journal import Journal, Line, read_journal
from mixminus.recording.layout import MAIN
from mixminus.recording.tracks import JOURNAL, segment_hashes
from mixminus.recording.wav import repair_wav

__all__ = ["REPAIRED", "TIMELINE", "Completed", "complete", "repair_journal", "seal_of"]

TIMELINE: Final = "timeline.json"
REPAIRED: Final = "repaired"
ENCODING_FAILED: Final = "encoding_failed"
_BLOCK_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Completed:
    """The result of completing a recording."""

    samples: int
    sample_rate_hz: int
    note: str
    """``repaired``, ``encoding_failed`` or empty."""
    files: tuple[dict[str, Any], ...]
    """Track, name, bytes and SHA-256 of each file, the recording itself first."""
    seal: str
    """The last hash of the timeline."""


def complete(directory: Path, progress: Callable[[float], bool]) -> Completed:
    """Run the remaining steps; ``progress`` as of ``encode``, over all tracks."""
    if not (directory / TIMELINE).exists():
        lines = repair_journal(directory)
        names, failed = _encode_tracks(directory, lines[0]["entry"]["format"], progress)
        files = [_describe(directory, name) for name in names]
        _write_timeline(directory, lines, [{"type": "files", "files": files, "note": failed}])
    timeline = orjson.loads((directory / TIMELINE).read_bytes())
    begin = timeline["entries"][0]["entry"]
    _remove_others(directory, {each["name"] for each in timeline["files"]})
    end = next(line["entry"] for line in timeline["entries"] if line["entry"]["type"] == "end")
    last = timeline["entries"][-1]["entry"]
    return Completed(
        end["samples"],
        begin["sample_rate_hz"],
        end["note"] or last["note"],
        tuple(timeline["files"]),
        timeline["seal"],
    )


def repair_journal(directory: Path) -> list[Line]:
    """Return the journal; after a crash, first give it an end entry and all files the same length."""
    path = directory / JOURNAL
    lines, size = read_journal(path)
    if lines and lines[-1]["entry"]["type"] == "end":
        return lines
    os.truncate(path, size)
    paths = _tracks(directory)
    samples = repair_wav(paths[MAIN]) if MAIN in paths else 0
    for each in paths.values():
        repair_wav(each, samples)
    sealed = [line["entry"] for line in lines if line["entry"]["type"] == "segment"]
    first = sealed[-1]["first"] + sealed[-1]["samples"] if sealed else 0
    tail = {
        "type": "segment",
        "first": first,
        "samples": samples - first,
        "tracks": segment_hashes(paths, first, samples - first),
    }
    journal = Journal(path, seal=lines[-1]["hash"] if lines else "")
    journal.append(
        [*([tail] if samples > first else []), {"type": "end", "samples": samples, "note": REPAIRED}]
    )
    journal.sync()
    journal.close()
    return read_journal(path)[0]


def seal_of(directory: Path) -> str:
    """Return the seal of a completed recording's folder; empty for one that is not completed."""
    path = directory / TIMELINE
    return str(orjson.loads(path.read_bytes())["seal"]) if path.exists() else ""


def _tracks(directory: Path) -> dict[str, Path]:
    """Return the WAV files by track, the recording itself first."""
    paths = sorted(directory.glob("*.wav"), key=lambda path: (path.stem != MAIN, path.stem))
    return {path.stem: path for path in paths}


def _encode_tracks(directory: Path, name: str, progress: Callable[[float], bool]) -> tuple[list[str], str]:
    """Return the names of the files to keep; the WAV files if the encoder or the disk fails."""
    tracks = _tracks(directory)
    if name == "wav":
        return [path.name for path in tracks.values()], ""
    format_ = FORMATS[name]
    targets: list[Path] = []
    try:
        for index, path in enumerate(tracks.values()):
            targets.append(path.with_suffix(f".{format_.extension}"))
            encode(path, targets[-1], format_, lambda share, at=index: progress((at + share) / len(tracks)))  # type: ignore[misc]
    except (OSError, av.FFmpegError):
        for target in targets:
            target.unlink(missing_ok=True)
        return [path.name for path in tracks.values()], ENCODING_FAILED
    return [target.name for target in targets], ""


def _describe(directory: Path, name: str) -> dict[str, Any]:
    path = directory / name
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
        os.fsync(file.fileno())
    return {"track": path.stem, "name": name, "bytes": path.stat().st_size, "sha256": digest.hexdigest()}


def _write_timeline(directory: Path, lines: list[Line], more: list[dict[str, Any]]) -> None:
    """Write a draft, then rename it: the timeline exists as a whole or not at all."""
    draft = directory / "timeline.draft"
    draft.write_bytes(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))
    journal = Journal(draft, seal=lines[-1]["hash"])
    journal.append(more)
    journal.close()
    entries, _ = read_journal(draft)
    timeline = {"entries": entries, "files": more[0]["files"], "seal": journal.seal}
    with draft.open("wb") as file:
        file.write(orjson.dumps(timeline))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(directory / TIMELINE)


def _remove_others(directory: Path, kept: set[str]) -> None:
    for path in directory.iterdir():
        if path.name not in kept and path.name != TIMELINE:
            with contextlib.suppress(OSError):
                path.unlink()
