"""g711.c against PyAV's codecs: every sample and every code word."""

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests.support.codec import PCMA, PCMU, Decoder, Encoder, Format, libraries

LAWS = {"mulaw": PCMU, "alaw": PCMA}
each_law = pytest.mark.parametrize("law", LAWS)
ALL_SAMPLES = np.arange(-32768, 32768).astype(np.int16)
ALL_WORDS = bytes(range(256))

# Lower edges of the 128 steps, on the scale of 16 bits.
DECISIONS = {
    "mulaw": np.array([((16 + m) << (s + 3)) - 132 for s in range(8) for m in range(16)]),
    "alaw": np.array([((16 * (s > 0) + m) << (max(s, 1) + 3)) for s in range(8) for m in range(16)]),
}


def _format(law: str) -> Format:
    return Format(LAWS[law], 8000, 8000, 20, channels=1)


def _encode(law: str, pcm: npt.NDArray[np.int16]) -> bytes:
    return Encoder(_format(law), libraries()).encode(pcm, 1 << 16)


def _decode(law: str, payload: bytes) -> npt.NDArray[np.int16]:
    # A fresh decoder each time: the result must not depend on earlier samples.
    return Decoder(_format(law), libraries()).decode(payload, 1 << 16)


def _ffmpeg_encode(law: str, pcm: npt.NDArray[np.int16]) -> bytes:
    encoder = av.CodecContext.create(f"pcm_{law}", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 8000, "mono", "s16"
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = 8000
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _ffmpeg_decode(law: str, payload: bytes) -> npt.NDArray[np.int16]:
    decoder = av.CodecContext.create(f"pcm_{law}", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate, decoder.layout = 8000, "mono"
    frames = decoder.decode(av.Packet(payload))
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])


@each_law
def test_every_code_word_decodes_as_in_ffmpeg(law: str) -> None:
    assert np.array_equal(_decode(law, ALL_WORDS), _ffmpeg_decode(law, ALL_WORDS))


@each_law
def test_every_sample_is_encoded_between_its_decision_values(law: str) -> None:
    """G.711 tables 1 and 2: sixteen equal steps a segment, also where the next segment's steps are twice as wide."""
    edges = DECISIONS[law]
    magnitude = ALL_SAMPLES.astype(np.int32)
    magnitude = np.where(magnitude < 0, ~magnitude if law == "alaw" else -magnitude, magnitude)
    step = np.minimum(np.searchsorted(edges, magnitude, side="right") - 1, 127)
    negative = ALL_SAMPLES < 0
    expected = (
        step ^ np.where(negative, 0x55, 0xD5) if law == "alaw" else step ^ np.where(negative, 0x7F, 0xFF)
    )
    assert _encode(law, ALL_SAMPLES) == expected.astype(np.uint8).tobytes()


@each_law
def test_ffmpeg_encodes_the_same_except_where_steps_change_their_width(law: str) -> None:
    """FFmpeg rounds half-way between two decoded values, which at seven edges differs from G.711."""
    ours, theirs = (np.frombuffer(encode(law, ALL_SAMPLES), np.uint8) for encode in (_encode, _ffmpeg_encode))
    mask = 0x55 if law == "alaw" else 0xFF
    steps = (ours ^ mask).astype(int) - (theirs ^ mask)
    assert np.mean(steps != 0) < 0.015
    assert np.abs(steps).max() == 1


@each_law
def test_every_code_word_survives_the_round_trip(law: str) -> None:
    again = _encode(law, _decode(law, ALL_WORDS))
    changed = {word: back for word, back in enumerate(again) if word != back}
    # mu-law has two zeros: the negative one is decoded as the positive one.
    assert changed == ({0x7F: 0xFF} if law == "mulaw" else {})
