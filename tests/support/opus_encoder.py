"""libopus' encoder with the settings that phones use and the engine's own encoder does not have."""

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from mixminus.mixer.libraries import find_libraries

__all__ = ["AUDIO", "FRAME_SAMPLES", "LOW_DELAY", "RATE_HZ", "VOIP", "Settings", "encode"]

RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 960
VOIP, AUDIO, LOW_DELAY = 2048, 2049, 2051
# From opus_defines.h.
_BITRATE, _BANDWIDTH, _VBR, _COMPLEXITY, _FEC, _LOSS, _DTX = 4002, 4008, 4006, 4010, 4012, 4014, 4016
_AUTO: Final = -1000
_MAX_BYTES: Final = 1275

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the encoder; ``bandwidth`` 1101 (narrow) to 1105 (full), or automatic."""

    application: int = VOIP
    bitrate_bps: int = 32_000
    complexity: int = 5
    dtx: bool = False
    vbr: bool = True
    fec: bool = False
    loss_percent: int = 0
    bandwidth: int = _AUTO
    channels: int = 1


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(find_libraries().opus_path)
    library.opus_encoder_create.restype = ctypes.c_void_p
    return library


def encode(pcm: Pcm, settings: Settings) -> list[bytes]:
    """Encode mono PCM of 48 kHz to packets of 20 ms."""
    library, error = _library(), ctypes.c_int()
    encoder = ctypes.c_void_p(
        library.opus_encoder_create(RATE_HZ, settings.channels, settings.application, ctypes.byref(error))
    )
    assert error.value == 0
    try:
        for request, value in (
            (_BITRATE, settings.bitrate_bps),
            (_COMPLEXITY, settings.complexity),
            (_DTX, settings.dtx),
            (_VBR, settings.vbr),
            (_FEC, settings.fec),
            (_LOSS, settings.loss_percent),
            (_BANDWIDTH, settings.bandwidth),
        ):
            assert library.opus_encoder_ctl(encoder, request, ctypes.c_int(value)) == 0
        whole = len(pcm) // FRAME_SAMPLES * FRAME_SAMPLES
        frames = np.repeat(pcm[:whole].astype(np.int16), settings.channels)
        return [_packet(encoder, frame) for frame in frames.reshape(-1, FRAME_SAMPLES * settings.channels)]
    finally:
        library.opus_encoder_destroy(encoder)


def _packet(encoder: ctypes.c_void_p, frame: Pcm) -> bytes:
    payload = (ctypes.c_uint8 * _MAX_BYTES)()
    count = _library().opus_encode(
        encoder, ctypes.c_void_p(frame.ctypes.data), FRAME_SAMPLES, payload, _MAX_BYTES
    )
    assert count > 0
    return bytes(payload[:count])
