"""Every message passes the pipe unchanged, and malformed bytes are rejected."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.speech.recognition.messages import (
    HEADER,
    Acknowledged,
    Advance,
    Command,
    Finish,
    Finished,
    Hear,
    Interim,
    MalformedMessage,
    Open,
    Ready,
    Recognised,
    Report,
    SpeechEnded,
    SpeechStarted,
    decode,
    encode,
    lengths,
)

MESSAGES = [
    Open("s", "en"),
    Advance("s", 2**40),
    Finish("s"),
    Ready(),
    SpeechStarted("s", 7, 1),
    Interim("s", 7, 1, "Ça va"),
    SpeechEnded("s", 7, 1, 2),
    Recognised("s", 7, 1, 2, "Ça va?", 0.25),
    Acknowledged("s", 3, 5, 4),
    Finished("s"),
]


def through(message: Command | Report) -> Command | Report:
    piped = encode(message)
    words, pcm = lengths(piped[: HEADER.size])
    assert len(piped) == HEADER.size + words + pcm
    return decode(piped[HEADER.size : HEADER.size + words], piped[HEADER.size + words :])


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_message_round_trip(message: Command | Report) -> None:
    assert through(message) == message


def test_pcm_round_trip() -> None:
    pcm = np.array([-32768, -1, 0, 1, 32767], np.int16)
    heard = through(Hear("s", 0xFFFF_FF01, 123, pcm))
    assert isinstance(heard, Hear)
    assert (heard.session, heard.stem, heard.first_sample) == ("s", 0xFFFF_FF01, 123)
    assert np.array_equal(heard.pcm, pcm)


@given(st.binary(max_size=40), st.binary(max_size=8))
def test_malformed_message_is_rejected(words: bytes, pcm: bytes) -> None:
    with suppress(MalformedMessage):
        decode(words, pcm)


def test_oversized_lengths_are_rejected() -> None:
    for header in (HEADER.pack(2**31, 0), HEADER.pack(1, 2**31), HEADER.pack(1, 3)):
        with pytest.raises(MalformedMessage):
            lengths(header)
