"""WebVTT (W3C): the parts that files of transcripts and live captions are made of. Pure."""

import html

__all__ = ["clock", "cue", "one_line"]

_US_PER_MS = 1000


def cue(id_: str, start_us: int, end_us: int, name: str, text: str, *, style: str = "") -> str:
    """Return a cue whose voice span (section 4.2.2) names the speaker; ``style`` is a class of the span."""
    voice = f"v.{style}" if style else "v"
    return (
        f"{id_}\n{clock(start_us, '.')} --> {clock(end_us, '.')}\n"
        f"<{voice} {_voice(name)}>{html.escape(one_line(text), quote=False)}\n"
    )


def clock(at_us: int, point: str) -> str:
    """Return a time with hours and milliseconds."""
    ms = at_us // _US_PER_MS
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms % 1000:03}"


def one_line(text: str) -> str:
    """Join lines: a blank line would end the cue."""
    return " ".join(text.split())


def _voice(name: str) -> str:
    return html.escape(one_line(name), quote=False).replace("&gt;", "")
