"""PCM to parts: whole fragments of one length, which PyAV decodes."""

import io

import av
import numpy as np
import pytest

from mixminus.broadcast.fragments import PART_S, SAMPLE_RATE_HZ, Fragments
from tests.support.tones import TONES_HZ, heard, tone

SECONDS = 5.0


@pytest.mark.parametrize("block_samples", [960, 2400, 48_000])
def test_parts_are_equally_long_and_decode_to_what_was_fed(block_samples: int) -> None:
    fragments = Fragments()
    pcm = tone(TONES_HZ[0], SECONDS)
    parts: list[bytes] = []
    for at in range(0, pcm.size, block_samples):
        parts += fragments.feed(pcm[at : at + block_samples])
    fragments.close()
    assert fragments.header[4:8] == b"ftyp"
    assert b"moov" in fragments.header
    assert len(parts) == int(SECONDS / PART_S)
    for part in parts:
        assert decoded(fragments.header + part).size == round(PART_S * SAMPLE_RATE_HZ)
    heard_all = decoded(fragments.header + b"".join(parts))
    assert heard_all.size == len(parts) * round(PART_S * SAMPLE_RATE_HZ)
    levels = heard(heard_all[SAMPLE_RATE_HZ:], SAMPLE_RATE_HZ, TONES_HZ[:2])
    assert levels[TONES_HZ[0]] > levels[TONES_HZ[1]] + 40


def test_nothing_is_written_without_audio() -> None:
    fragments = Fragments()
    assert fragments.feed(np.empty(0, np.int16)) == []
    fragments.close()


def decoded(file: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(io.BytesIO(file), "r") as container:
        frames = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])
