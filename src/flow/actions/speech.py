"""What a call lets its caller hear: speech, files, beeps, and the caller itself (api.md section 6.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import OptionFields

__all__ = ["READERS", "Beep", "Echo", "Play", "SpeechOption", "StreamEcho", "Talk"]

_ECHO_MS: Final = 180_000
_MAX_URLS: Final = 100


@dataclass(frozen=True, slots=True)
class Talk:
    """Say a text; the call is answered for it."""

    text: str
    language: str = ""
    """A BCP 47 tag; empty is the house's language."""
    voice: str = ""
    digits_next: bool = False
    """A digit breaks it off."""
    meanwhile: bool = False
    """The flow goes on at once."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play one thing after the other: http(s) URLs, and names below the folder of sounds."""

    stream_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beep:
    """Beep once."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Let the caller hear itself."""

    duration_ms: int = _ECHO_MS


@dataclass(frozen=True, slots=True)
class StreamEcho:
    """Let the caller hear itself, and send it the digits that it presses."""

    duration_ms: int = _ECHO_MS


SpeechOption = Talk | Play | Beep | Echo | StreamEcho


def _talk(fields: OptionFields) -> Talk:
    handle = _text(fields, "digits_handle")
    if handle not in ("", "next"):
        raise InvalidArgument("digits_handle is neither next nor empty")
    _text(fields, "provider")  # whoever it names: here the language decides
    return Talk(
        text=_text(fields, "text"),
        language=_text(fields, "language"),
        voice=_text(fields, "voice_id"),
        digits_next=handle == "next",
        meanwhile=_flag(fields, "async"),
    )


def _play(fields: OptionFields) -> Play:
    urls: Any = fields.get("stream_urls")
    if urls is None:
        return Play()
    if not isinstance(urls, list) or len(urls) > _MAX_URLS or not all(isinstance(url, str) for url in urls):
        raise InvalidArgument(f"stream_urls is not a list of up to {_MAX_URLS} URLs")
    return Play(tuple(urls))


def _beep(fields: OptionFields) -> Beep:
    return Beep()


def _echo(fields: OptionFields) -> Echo:
    return Echo(_duration_ms(fields))


def _stream_echo(fields: OptionFields) -> StreamEcho:
    return StreamEcho(_duration_ms(fields))


def _duration_ms(fields: OptionFields) -> int:
    duration_ms = fields.get("duration")
    if duration_ms is None:
        return _ECHO_MS
    if type(duration_ms) is not int or duration_ms < 0:
        raise InvalidArgument("duration is not a number of milliseconds")
    return duration_ms or _ECHO_MS


def _text(fields: OptionFields, key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgument(f"{key} is not a text")
    return value


def _flag(fields: OptionFields, key: str) -> bool:
    value = fields.get(key)
    if value is not None and not isinstance(value, bool):
        raise InvalidArgument(f"{key} is neither true nor false")
    return bool(value)


READERS: Final[dict[str, Callable[[OptionFields], SpeechOption]]] = {
    "talk": _talk,
    "play": _play,
    "beep": _beep,
    "echo": _echo,
    "stream_echo": _stream_echo,
}
