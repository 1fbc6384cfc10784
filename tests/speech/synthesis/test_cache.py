"""SpeechCache: the key is engine, text, language, voice and rate."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixminus.speech.synthesis.cache import SpeechCache
from mixminus.speech.synthesis.engine import Pcm, Utterance

HELLO = Utterance("hello", "en-US", "heart", 16_000)


def sound(samples: int = 100) -> Pcm:
    return np.arange(samples, dtype=np.int16)


def test_memory_and_disk_round_trip(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path / "speech")
    cache.remember("a", HELLO, sound())
    cache.keep("a", HELLO, sound())
    for found in (cache.remembered("a", HELLO), SpeechCache(tmp_path / "speech").find("a", HELLO)):
        assert found is not None
        assert np.array_equal(found, sound())
    assert not list((tmp_path / "speech").glob("*.part"))


@pytest.mark.parametrize(
    "other",
    [
        replace(HELLO, text="Hello"),
        replace(HELLO, language="en"),
        replace(HELLO, voice=""),
        replace(HELLO, sample_rate_hz=8000),
    ],
)
def test_each_key_field_matters(tmp_path: Path, other: Utterance) -> None:
    cache = SpeechCache(tmp_path)
    cache.remember("a", HELLO, sound())
    cache.keep("a", HELLO, sound())
    assert cache.remembered("a", other) is None
    assert cache.find("a", other) is None
    assert cache.find("b", HELLO) is None


def test_memory_evicts_the_least_recently_used() -> None:
    cache = SpeechCache(None, memory_bytes=500)
    texts = [replace(HELLO, text=each) for each in "abc"]
    for each in texts[:2]:
        cache.remember("e", each, sound())
    cache.remembered("e", texts[0])
    cache.remember("e", texts[2], sound())
    assert [cache.remembered("e", each) is not None for each in texts] == [True, False, True]
    cache.remember("e", HELLO, sound(1000))
    assert cache.remembered("e", HELLO) is None, "more than there is room for"


def test_disk_evicts_the_oldest(tmp_path: Path) -> None:
    cache = SpeechCache(tmp_path, disk_bytes=500)
    texts = [replace(HELLO, text=each) for each in "abc"]
    for age, each in enumerate(texts[:2]):
        cache.keep("e", each, sound())
        for path in tmp_path.iterdir():
            if path.stat().st_mtime > 1_000_000:
                os.utime(path, (age, age))
    cache.keep("e", texts[2], sound())
    assert [cache.find("e", each) is not None for each in texts] == [False, True, True]


def test_unwritable_disk_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("in the way")
    cache = SpeechCache(tmp_path / "speech")
    cache.keep("a", HELLO, sound())
    assert cache.find("a", HELLO) is None
