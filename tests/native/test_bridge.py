"""bridge.c: who hears what."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bridge import Participant, Playout, Room
from tests.support.codec import OPUS, PCMU, Encoder, Format
from tests.support.script import FRAME, LOOKAHEAD, Script
from tests.support.signals import rms, speech_like, tone

Pcm = npt.NDArray[np.int16]

GAIN = st.sampled_from([0, 1, 100, 255, 256, 300, 1024])
WHO = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("join"), WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("gain"), WHO, GAIN),
    st.tuples(st.just("mute"), WHO, st.booleans()),
    st.tuples(st.just("deafen"), WHO, st.booleans()),
    st.tuples(st.just("hears"), WHO, WHO, GAIN),
)


def _format(codec: int, *, sample_rate_hz: int = 8000) -> Format:
    return Format(
        id=codec,
        clock_rate_hz=sample_rate_hz,
        sample_rate_hz=sample_rate_hz,
        ptime_ms=20,
        bitrate_bps=32000 if codec == OPUS else 0,
        payload_type=96,
        channels=1,
        complexity=1,
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(STEP, max_size=4), min_size=1, max_size=12), st.sets(WHO))
def test_everybody_hears_what_the_reference_says(ticks: list[list[tuple[str, ...]]], mouthless: set[int]) -> None:
    with Room() as room:
        script = Script(room, mouthless=mouthless)
        for seed, steps in enumerate(ticks):
            for step in steps:
                script.apply(step)
            script.tick(seed)
        script.check()
