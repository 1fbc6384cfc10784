"""Export transcripts as WebVTT, SubRip, plain text or JSON. Pure."""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from mixminus.model.ids import NIL
from mixminus.model.transcription import Transcript
from mixminus.store.timestamps import TimestampStyle
from mixminus.wire.transcription import TranscriptView

__all__ = ["FORMATS", "ExportFormat"]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A file format and its writer."""

    media_type: str
    write: Callable[[Sequence[Transcript], TimestampStyle], str]


def _vtt(transcripts: Sequence[Transcript], style: TimestampStyle) -> str:
    """W3C WebVTT; a voice span (section 4.2.2) names the speaker."""
    cues = [
        f"{each.id}\n{_clock(each.start_us, '.')} --> {_clock(each.end_us, '.')}\n"
        f"<v {_voice(_name(each))}>{html.escape(_line(each.message), quote=False)}\n"
        for each in transcripts
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _srt(transcripts: Sequence[Transcript], style: TimestampStyle) -> str:
    return "\n".join(
        f"{number}\n{_clock(each.start_us, ',')} --> {_clock(each.end_us, ',')}\n"
        f"{_line(_name(each))}: {_line(each.message)}\n"
        for number, each in enumerate(transcripts, 1)
    )


def _txt(transcripts: Sequence[Transcript], style: TimestampStyle) -> str:
    return "".join(
        f"[{_clock(each.start_us, '.')}] {_line(_name(each))}: {_line(each.message)}\n"
        for each in transcripts
    )


def _json(transcripts: Sequence[Transcript], style: TimestampStyle) -> str:
    return orjson.dumps({"result": [TranscriptView.render(each, style) for each in transcripts]}).decode()


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


def _line(text: str) -> str:
    """Join lines: a blank line would end the cue."""
    return " ".join(text.split())


def _voice(name: str) -> str:
    return html.escape(_line(name), quote=False).replace("&gt;", "")


def _clock(at_us: int, point: str) -> str:
    ms = at_us // 1000
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms % 1000:03}"
