"""Tracks: the files of a recording that has ended, and who speaks in each."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from mixminus.recording.completion import TIMELINE
from mixminus.speech.recognition.messages import SAMPLE_RATE_HZ
from mixminus.speech.recognition.model import Speaker

__all__ = ["Track", "tracks_of"]


@dataclass(frozen=True, slots=True)
class Track:
    """One file, and who has spoken in it from which sample on, at our rate."""

    path: Path
    speakers: tuple[tuple[int, Speaker], ...] = ()


def tracks_of(mix: Path) -> dict[int, Track]:
    """Return the stems beside a recording's mix, numbered from 1; the mix itself if it has none. Blocks."""
    try:
        timeline = orjson.loads((mix.parent / TIMELINE).read_bytes())
    except FileNotFoundError:  # of an older server: one file
        return {1: Track(mix)}
    stems = [each for each in timeline["files"] if each["name"] != mix.name]
    speakers = _speakers([line["entry"] for line in timeline["entries"]])
    tracks = {
        number: Track(
            mix.parent / each["name"],
            tuple(speakers.get(each["track"], [(0, Speaker(label=each["track"]))])),
        )
        for number, each in enumerate(stems, 1)
    }
    return tracks or {1: Track(mix)}


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
