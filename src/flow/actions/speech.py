"""What a call lets its caller hear: speech, files, beeps, and the caller itself (api.md section 6.5)."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.reading import (
    OptionFields,
    read_choice,
    read_flag,
    read_text,
    read_texts,
    read_whole,
)

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


class DigitsHandle(enum.StrEnum):
    """What a digit does while something is said."""

    WAITS = ""
    NEXT = enum.auto()


def _talk(fields: OptionFields) -> Talk:
    read_text(fields, "provider")  # whoever it names: here the language decides
    return Talk(
        text=read_text(fields, "text"),
        language=read_text(fields, "language"),
        voice=read_text(fields, "voice_id"),
        digits_next=read_choice(fields, "digits_handle", DigitsHandle.WAITS) is DigitsHandle.NEXT,
        meanwhile=read_flag(fields, "async"),
    )


def _play(fields: OptionFields) -> Play:
    urls = read_texts(fields, "stream_urls")
    if len(urls) > _MAX_URLS:
        raise InvalidArgument(f"stream_urls: are more than {_MAX_URLS}")
    return Play(urls)


def _beep(fields: OptionFields) -> Beep:
    return Beep()


def _echo(fields: OptionFields) -> Echo:
    return Echo(_duration_ms(fields))


def _stream_echo(fields: OptionFields) -> StreamEcho:
    return StreamEcho(_duration_ms(fields))


def _duration_ms(fields: OptionFields) -> int:
    return read_whole(fields, "duration", least=0) or _ECHO_MS


READERS: Final[dict[str, Callable[[OptionFields], SpeechOption]]] = {
    "talk": _talk,
    "play": _play,
    "beep": _beep,
    "echo": _echo,
    "stream_echo": _stream_echo,
}
