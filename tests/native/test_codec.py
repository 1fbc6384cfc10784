"""codec.c: what holds for every codec."""

import ctypes
import errno

import numpy as np
import pytest

from tests.support.codec import (
    G722,
    L16,
    OPUS,
    PCMA,
    PCMU,
    Decoder,
    Encoder,
    Format,
    NativeLibraries,
    libraries,
    payload_samples,
)
from tests.support.native import library
from tests.support.signals import rms, speech_like, tone

FORMATS = {
    "PCMU": Format(PCMU, 8000, 8000, 20, channels=1),
    "PCMA": Format(PCMA, 8000, 8000, 20, channels=1),
    "G722": Format(G722, 8000, 16000, 20, channels=1),
    "opus": Format(OPUS, 48000, 48000, 20, channels=1, complexity=5),
    "opus stereo": Format(OPUS, 48000, 48000, 20, channels=2, complexity=5),
    "opus 16 kHz": Format(OPUS, 48000, 16000, 20, channels=1, complexity=0),
    "L16": Format(L16, 48000, 48000, 20, channels=1),
}
each_format = pytest.mark.parametrize("codec_format", FORMATS.values(), ids=FORMATS.keys())


def _frames(codec_format: Format, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    nsamples = codec_format.sample_rate_hz // 50
    return speech_like(codec_format.sample_rate_hz, count * nsamples).reshape(count, nsamples)


def _same_encoding(a: Format, b: Format) -> bool:
    function = library().mm_codec_same_encoding
    function.restype = ctypes.c_bool
    return bool(function(ctypes.byref(a), ctypes.byref(b)))


@each_format
def test_what_goes_in_comes_out_as_long_and_as_loud(codec_format: Format) -> None:
    encoder, decoder = Encoder(codec_format, libraries()), Decoder(codec_format, libraries())
    assert (encoder.init, decoder.init) == (0, 0)
    frames = _frames(codec_format, 50)
    payloads = [encoder.encode(frame, 2000) for frame in frames]
    assert {payload_samples(codec_format, payload) for payload in payloads} == {frames.shape[1]}
    decoded = [decoder.decode(payload) for payload in payloads]
    assert {len(frame) for frame in decoded} == {frames.shape[1]}
    assert rms(np.concatenate(decoded)) == pytest.approx(rms(frames), rel=0.1)


@each_format
def test_a_fork_goes_on_as_its_twin(codec_format: Format) -> None:
    encoder = Encoder(codec_format, libraries())
    frames = _frames(codec_format, 60)
    for frame in frames[:30]:
        encoder.encode(frame, 2000)
    twin = encoder.fork()
    theirs = [twin.encode(frame, 2000) for frame in frames[30:]]
    assert [encoder.encode(frame, 2000) for frame in frames[30:]] == theirs


@each_format
def test_a_lost_frame_is_filled_with_sound(codec_format: Format) -> None:
    encoder, decoder = Encoder(codec_format, libraries()), Decoder(codec_format, libraries())
    nsamples = codec_format.sample_rate_hz // 50
    signal = tone(400, codec_format.sample_rate_hz, 20 * nsamples).reshape(20, nsamples)
    for frame in signal:
        decoder.decode(encoder.encode(frame, 2000))
    concealed = decoder.conceal(nsamples)
    assert len(concealed) == nsamples
    assert rms(concealed) > 0.5 * rms(signal)


@each_format
def test_an_empty_payload_is_a_bad_message(codec_format: Format) -> None:
    assert payload_samples(codec_format, b"") == -errno.EBADMSG
    with pytest.raises(OSError) as refusal:
        Decoder(codec_format, libraries()).decode(b"")
    assert refusal.value.errno == errno.EBADMSG


@each_format
def test_a_payload_that_decodes_to_more_than_there_is_room_for_is_refused(codec_format: Format) -> None:
    payload = Encoder(codec_format, libraries()).encode(_frames(codec_format, 1)[0], 2000)
    with pytest.raises(OSError) as refusal:
        Decoder(codec_format, libraries()).decode(payload, max_samples=100)
    assert refusal.value.errno == errno.ENOSPC


@pytest.mark.parametrize("codec_format", [FORMATS["PCMU"], FORMATS["G722"], FORMATS["L16"]])
def test_a_payload_that_does_not_fit_is_refused(codec_format: Format) -> None:
    with pytest.raises(OSError) as refusal:
        Encoder(codec_format, libraries()).encode(_frames(codec_format, 1)[0], 10)
    assert refusal.value.errno == errno.ENOSPC


def test_half_a_sample_is_a_bad_message() -> None:
    assert payload_samples(FORMATS["L16"], b"123") == -errno.EBADMSG
    with pytest.raises(OSError) as refusal:
        Decoder(FORMATS["L16"], libraries()).decode(b"123")
    assert refusal.value.errno == errno.EBADMSG


@pytest.mark.parametrize("codec_format", [FORMATS["PCMU"], FORMATS["G722"], FORMATS["L16"]])
def test_only_opus_carries_its_predecessor(codec_format: Format) -> None:
    with pytest.raises(OSError) as refusal:
        Decoder(codec_format, libraries()).recover(b"1234", 160)
    assert refusal.value.errno == errno.ENOENT


def test_without_the_library_opus_is_not_there() -> None:
    nothing = NativeLibraries()
    assert Encoder(FORMATS["opus"], nothing).init == -errno.ENOSYS
    assert Decoder(FORMATS["opus"], nothing).init == -errno.ENOSYS


@pytest.mark.parametrize(
    "codec_format",
    [
        Format(PCMU, 8000, 16000, 20, channels=1),
        Format(G722, 8000, 8000, 20, channels=1),
        Format(OPUS, 48000, 32000, 20, channels=1),
        Format(OPUS, 48000, 48000, 20, channels=1, complexity=11),
    ],
    ids=["G.711 at 16 kHz", "G.722 at 8 kHz", "Opus at 32 kHz", "complexity 11"],
)
def test_an_impossible_format_is_refused(codec_format: Format) -> None:
    assert Encoder(codec_format, libraries()).init == -errno.EINVAL


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        pytest.param({}, True, id="equal"),
        pytest.param({"payload_type": 99}, True, id="another payload type"),
        pytest.param({"clock_rate_hz": 1}, True, id="another clock"),
        pytest.param({"ptime_ms": 40}, False, id="another ptime"),
        pytest.param({"channels": 2}, False, id="stereo"),
        pytest.param({"bitrate_bps": 16000}, False, id="another bit rate"),
        pytest.param({"complexity": 0}, False, id="another complexity"),
        pytest.param({"fec": True}, False, id="with FEC"),
        pytest.param({"loss_percent": 5}, False, id="another loss"),
        pytest.param({"sample_rate_hz": 16000}, False, id="another rate"),
        pytest.param({"id": PCMU}, False, id="another codec"),
    ],
)
def test_who_may_share_an_encoder(changed: dict[str, int], same: bool) -> None:
    opus = FORMATS["opus"]
    fields = {field[0]: getattr(opus, field[0]) for field in Format._fields_}
    assert _same_encoding(opus, Format(**(fields | changed))) is same


def test_settings_of_opus_do_not_part_listeners_of_g711() -> None:
    other = Format(PCMU, 8000, 8000, 20, channels=1, bitrate_bps=32000, complexity=9)
    assert _same_encoding(FORMATS["PCMU"], other)
