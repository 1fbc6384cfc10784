"""Export transcripts as WebVTT, SubRip, plain text or JSON. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from mixminus.model.chat import ChatMessage
from mixminus.model.ids import NIL
from mixminus.model.transcription import Transcript, translation_in
from mixminus.speech.recognition.webvtt import clock, cue, one_line
from mixminus.store.timestamps import TimestampStyle
from mixminus.wire.chat import ChatMessageView
from mixminus.wire.transcription import TranscriptView

__all__ = ["FORMATS", "Export", "ExportFormat"]

_SHOWN_US: Final = 5_000_000
"""How long a caption file shows a chat message."""
_SERVER: Final = "program"
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported: transcripts, and the chat messages of the room in the same time."""

    transcripts: Sequence[Transcript]
    messages: Sequence[ChatMessage] = ()
    begin: datetime | None = None
    """The begin of the session, from which the times of messages count; required if there are any."""

    def in_language(self, language: str) -> "Export":
        """Return the same with the translations into a language, where there are any."""
        said = [
            replace(each, message=translation_in(each.translations, language) or each.message)
            for each in self.transcripts
        ]
        return replace(self, transcripts=said)


@dataclass(frozen=True, slots=True)
class Cue:
    """A line of a text format; times count from the begin of the session."""

    id: UUID
    start_us: int
    end_us: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A file format and its writer."""

    media_type: str
    write: Callable[[Export, TimestampStyle], str]


def _cues(export: Export) -> list[Cue]:
    """Return utterances and messages in order of time."""
    said = [
        Cue(each.id, each.start_us, each.end_us, _name(each), each.message) for each in export.transcripts
    ]
    for message in export.messages:
        assert export.begin is not None
        start_us = max(0, (message.tm_create - export.begin) // _MICROSECOND)
        name = f"{message.sender_name or _SERVER} (chat)"
        said.append(Cue(message.id, start_us, start_us + _SHOWN_US, name, message.text))
    return sorted(said, key=lambda cue: cue.start_us)


def _vtt(export: Export, style: TimestampStyle) -> str:
    """W3C WebVTT."""
    cues = [cue(str(each.id), each.start_us, each.end_us, each.name, each.text) for each in _cues(export)]
    return "\n".join(["WEBVTT\n", *cues])


def _srt(export: Export, style: TimestampStyle) -> str:
    return "\n".join(
        f"{number}\n{clock(each.start_us, ',')} --> {clock(each.end_us, ',')}\n"
        f"{one_line(each.name)}: {one_line(each.text)}\n"
        for number, each in enumerate(_cues(export), 1)
    )


def _txt(export: Export, style: TimestampStyle) -> str:
    return "".join(
        f"[{clock(each.start_us, '.')}] {one_line(each.name)}: {one_line(each.text)}\n"
        for each in _cues(export)
    )


def _json(export: Export, style: TimestampStyle) -> str:
    said = [TranscriptView.render(each, style) for each in export.transcripts]
    chat = [ChatMessageView.render(each, style) for each in export.messages]
    return orjson.dumps({"result": said, "chat": chat}).decode()


FORMATS: Final[Mapping[str, ExportFormat]] = {
    "vtt": ExportFormat("text/vtt", _vtt),
    "srt": ExportFormat("application/x-subrip", _srt),
    "json": ExportFormat("application/json", _json),
    "txt": ExportFormat("text/plain", _txt),
}


def _name(transcript: Transcript) -> str:
    """Return the label, else the id of the participant or call, else the direction."""
    known = next((id_ for id_ in (transcript.conferencecall_id, transcript.call_id) if id_ != NIL), None)
    return transcript.label or (str(known) if known else transcript.direction)
