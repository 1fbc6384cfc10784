"""What is done to a call's audio as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixminus.flow.actions.reading import OptionFields

__all__ = ["READERS", "MediaOption", "Mute"]


@dataclass(frozen=True, slots=True)
class Mute:
    """Let the caller neither be heard nor hear."""


MediaOption = Mute

READERS: Final[dict[str, Callable[[OptionFields], MediaOption]]] = {"mute": lambda _: Mute()}
