"""Speech to text for tests: workers that recognise tones (``tone_engine``)."""

from pathlib import Path
from typing import Any, Final

from mixminus.speech.recognition.pool import SpeechConfig

__all__ = ["tone_config"]

ROOT: Final = Path(__file__).resolve().parents[2]


def tone_config(queue_folder: Path, **settings: Any) -> SpeechConfig:
    """Return a configuration whose workers recognise tones, in two languages."""
    return SpeechConfig(
        queue_folder=queue_folder,
        engine="tests.support.tone_engine:load",
        check=lambda _: frozenset({"en", "ko"}),
        environment={"PYTHONPATH": str(ROOT)},
        **settings,
    )
