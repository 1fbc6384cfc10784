"""A multilingual model: Spanish, spoken by espeak-ng in a room, is recognised as Spanish, named or found out.

The model is Whisper base (``tools/install_whisper_base.sh``). Engine and phone are on a virtual clock.
"""

import asyncio
import io
import re
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from mixminus.app.settings import load
from mixminus.model.transcription import TranscribeOptions
from mixminus.speech.recognition.pool import SpeechConfig
from tests.support.backend import open_backend
from tests.support.clock import ManualClock
from tests.support.prompts import WIDE
from tests.support.talk import done, heard, speak
from tests.support.tones import Pcm

MODEL = Path(__file__).resolve().parents[3] / "build" / "whisper-base"
SAID = "Todas las líneas están ocupadas en este momento. Por favor, llame más tarde."
PLAIN = {"todas", "las", "líneas", "están", "en", "este", "momento", "por", "favor", "tarde"}
"""Words of it that this model knows from this voice; it was measured to recognise all of them."""
FEWEST = 8
PATIENCE_S = 600.0
"""Recognition takes some 20 s of a core, niced."""


@pytest.fixture
def model() -> Path:
    assert (MODEL / "installed").is_file(), "run tools/install_whisper_base.sh .venv/bin/python"
    return MODEL


async def spanish(text: str) -> Pcm:
    """Return a text as the Spanish voice of espeak-ng says it, at 16 kHz."""
    program = shutil.which("espeak-ng")
    assert program, "espeak-ng is missing: apt-get install espeak-ng"
    process = await asyncio.create_subprocess_exec(
        program, "-v", "es", "-s", "140", "--stdout", text, stdout=asyncio.subprocess.PIPE
    )
    wav, _ = await process.communicate()
    resampler = av.AudioResampler(format="s16", layout="mono", rate=WIDE)
    with av.open(io.BytesIO(wav), "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.parametrize("language", ["es", "auto"])
async def test_spanish_is_recognised(language: str, model: Path, tmp_path: Path) -> None:
    folder = str(load(speech_model_dir=str(model)).speech_model_dir)
    config = SpeechConfig(queue_folder=tmp_path / "speech", workers=1, model_folder=folder)
    async with open_backend(tmp_path, ManualClock(), speech=config) as backend:
        room = await backend.room()
        (phone,) = await backend.join(room, sample_rate_hz=WIDE)
        started = await backend.conferences.transcribe_start(
            backend.customer_id, room.id, TranscribeOptions(language, "in")
        )
        speak(backend, {phone: await spanish(SAID)})
        await backend.conferences.transcribe_stop(backend.customer_id, room.id)
        await done(backend, started.transcribe_id, within_s=PATIENCE_S)
        found = await heard(backend, started.transcribe_id, 1)
    written = " ".join(each.message for each in found)
    assert len(PLAIN & set(re.findall(r"\w+", written.lower()))) >= FEWEST, written
