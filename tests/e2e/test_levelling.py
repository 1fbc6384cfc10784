"""Phones whose microphones differ are as loud as each other in a room that levels."""

from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import newest
from tests.support.baresip import Baresip
from tests.support.loudness import Meter, talk
from tests.support.server import Server
from tests.support.tones import write_wav
from tests.support.waiting import play_for

RATE_HZ = 48000
LEVELS_DBOV = (-40.0, -14.0)
SILENCE_HZ = 0.0
CONVERGES_S = 12
BEGINS_S = 2
MEASURED_S = 5


def _loudness(
    talker: Baresip, listener: Baresip, speech: Path, silence: Path, *, measured_after_s: float
) -> float:
    """Let one phone talk, and return how loud the other one hears it in the end."""
    talker.speak(speech)
    play_for(measured_after_s + MEASURED_S)
    pcm, rate = newest(listener.ear(), MEASURED_S)
    talker.speak(silence)
    play_for(1)
    assert rate in (8000, 16000, 48000)
    return Meter(rate).lufs(np.ascontiguousarray(pcm))


@pytest.mark.parametrize("levelling", [True, False])
def test_talkers_of_different_levels(server: Server, phone: Ring, tmp_path: Path, levelling: bool) -> None:
    room = server.new_room(levelling=levelling)
    silence = write_wav(tmp_path / "silence.wav", np.zeros(RATE_HZ * 90, np.int16))
    talkers = [phone(SILENCE_HZ, codec=codec) for codec in ("PCMU/8000/1", "G722/16000/1")]
    listener = phone(SILENCE_HZ, codec="G722/16000/1")
    for each in (*talkers, listener):
        each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 3)
    heard = []
    measured_after_s = CONVERGES_S if levelling else BEGINS_S
    for number, (talker, level) in enumerate(zip(talkers, LEVELS_DBOV, strict=True)):
        speech = write_wav(tmp_path / f"{number}.wav", talk(RATE_HZ, CONVERGES_S + MEASURED_S + 5, level))
        heard.append(_loudness(talker, listener, speech, silence, measured_after_s=measured_after_s))
    apart = abs(heard[0] - heard[1])
    if levelling:
        assert apart < 2.0, heard
        assert heard == pytest.approx([-23.0, -23.0], abs=1.5)
    else:
        assert apart == pytest.approx(LEVELS_DBOV[1] - LEVELS_DBOV[0], abs=2.0), heard
