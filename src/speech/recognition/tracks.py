"""Tracks: the files of a recording that has ended, and who speaks in each."""

import functools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import orjson

from mixminus.model.recording import Recording
from mixminus.model.transcription import Speaker
from mixminus.recording.completion import TIMELINE
from mixminus.recording.layout import MAIN
from mixminus.recording.storage import Storage
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ

__all__ = ["Track", "tracks_of"]


@dataclass(frozen=True, slots=True)
class Track:
    """One file, and who has spoken in it from which sample on, at our rate."""

    open: Callable[[], BinaryIO]
    speakers: tuple[tuple[int, Speaker], ...] = ()


def tracks_of(storage: Storage, recording: Recording) -> dict[int, Track]:
    """Return the stems of a recording, numbered from 1; the mix if it has none. Blocks; FileNotFoundError."""
    mix = recording.files[0]["name"] if recording.files else f"{MAIN}.wav"
    storage.size(recording.id, mix)  # it may have been deleted

    def opened(name: str) -> Callable[[], BinaryIO]:
        return functools.partial(storage.open, recording.id, name)

    try:
        with storage.open(recording.id, TIMELINE) as file:
            timeline = orjson.loads(file.read())
    except FileNotFoundError:  # of an older server: one file
        return {1: Track(opened(mix))}
    stems = [each for each in timeline["files"] if each["name"] != mix]
    speakers = _speakers([line["entry"] for line in timeline["entries"]])
    tracks = {
        number: Track(
            opened(each["name"]),
            tuple(speakers.get(each["track"], [(0, Speaker(label=each["track"]))])),
        )
        for number, each in enumerate(stems, 1)
    }
    return tracks or {1: Track(opened(mix))}


def _speakers(entries: list[dict[str, Any]]) -> dict[str, list[tuple[int, Speaker]]]:
    """Return who has joined by each port, and when."""
    found: dict[str, list[tuple[int, Speaker]]] = defaultdict(list)
    rate_hz = entries[0]["sample_rate_hz"]
    for entry in entries:
        if entry.get("event") == "joined" and "conferencecall_id" in entry:
            speaker = Speaker(UUID(entry["conferencecall_id"]), UUID(entry["call_id"]))
            at = entry["at"] * SAMPLE_RATE_HZ // rate_hz
            found[f"port-{entry['port']}"].append((at, speaker))
    return found
