"""Codecs of the engine through ctypes; an Encoder or Decoder is one flat block of memory."""

import ctypes
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mixminus.mixer.libraries import find_libraries
from tests.support.native import library

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "Decoder",
    "Encoder",
    "Format",
    "NativeLibraries",
    "libraries",
    "payload_samples",
]

PCMU, PCMA, G722, OPUS, L16 = range(5)
MAX_PAYLOAD_BYTES = 1500
MAX_PACKET_SAMPLES = 5760
_ALIGN = 16

Pcm = npt.NDArray[np.int16]


class Format(ctypes.Structure):
    """struct mm_codec_format."""

    _fields_ = [
        ("id", ctypes.c_int),
        ("clock_rate_hz", ctypes.c_uint32),
        ("sample_rate_hz", ctypes.c_uint32),
        ("ptime_ms", ctypes.c_uint32),
        ("bitrate_bps", ctypes.c_uint32),
        ("payload_type", ctypes.c_uint8),
        ("channels", ctypes.c_uint8),
        ("complexity", ctypes.c_uint8),
        ("loss_percent", ctypes.c_uint8),
        ("fec", ctypes.c_bool),
    ]


class NativeLibraries(ctypes.Structure):
    """struct mm_libraries: three handles and twenty-five functions, all pointers."""

    _fields_ = [("pointers", ctypes.c_void_p * 28)]

    @property
    def names(self) -> list[bool]:
        """Return which pointers are set, in the order of the header."""
        return [bool(pointer) for pointer in self.pointers]


def libraries() -> NativeLibraries:
    """Return the codec libraries that Python finds."""
    found = find_libraries()
    opened = NativeLibraries()
    code = library().mm_libraries_open(
        ctypes.byref(opened), found.opus_path.encode(), found.srtp_path.encode()
    )
    assert code == 0
    assert library().mm_libraries_add_rnnoise(ctypes.byref(opened), found.rnnoise_path.encode()) == 0
    return opened


def _aligned(size: int) -> ctypes.Array[ctypes.c_uint8]:
    memory = (ctypes.c_uint8 * (size + _ALIGN))()
    offset = -ctypes.addressof(memory) % _ALIGN
    block = (ctypes.c_uint8 * size).from_buffer(memory, offset)
    assert ctypes.addressof(block) % _ALIGN == 0
    return block


def _size(name: str, codec_format: Format, opened: NativeLibraries) -> int:
    function = library()[name]
    function.restype = ctypes.c_size_t
    return int(function(ctypes.byref(codec_format), ctypes.byref(opened)))


@dataclass
class Encoder:
    """struct mm_encoder; `init` is what its init returned."""

    codec_format: Format
    opened: NativeLibraries

    def __post_init__(self) -> None:
        self.block = _aligned(_size("mm_encoder_size", self.codec_format, self.opened))
        self.init = library().mm_encoder_init(
            self.block, ctypes.byref(self.codec_format), ctypes.byref(self.opened)
        )

    def encode(self, pcm: Pcm, size: int = MAX_PAYLOAD_BYTES) -> bytes:
        """Encode one frame; raise OSError on failure."""
        payload = (ctypes.c_uint8 * size)()
        frame = np.ascontiguousarray(pcm, np.int16)
        count = library().mm_encoder_encode(
            self.block,
            ctypes.c_void_p(frame.ctypes.data),
            ctypes.c_size_t(len(frame)),
            payload,
            ctypes.c_size_t(size),
        )
        return bytes(payload[: _checked(count)])

    def fork(self) -> "Encoder":
        """Return a copy of this encoder and its state."""
        twin = Encoder(self.codec_format, self.opened)
        library().mm_encoder_fork(twin.block, self.block)
        return twin


@dataclass
class Decoder:
    """struct mm_decoder; `init` is what its init returned."""

    codec_format: Format
    opened: NativeLibraries

    def __post_init__(self) -> None:
        self.block = _aligned(_size("mm_decoder_size", self.codec_format, self.opened))
        self.init = library().mm_decoder_init(
            self.block, ctypes.byref(self.codec_format), ctypes.byref(self.opened)
        )

    def decode(self, payload: bytes, max_samples: int = MAX_PACKET_SAMPLES) -> Pcm:
        """Decode one payload; raise OSError on failure."""
        pcm = np.zeros(max_samples, np.int16)
        count = library().mm_decoder_decode(
            self.block, _bytes(payload), ctypes.c_size_t(len(payload)), *_room(pcm)
        )
        return pcm[: _checked(count)]

    def conceal(self, nsamples: int) -> Pcm:
        """Conceal a lost frame."""
        pcm = np.zeros(nsamples, np.int16)
        return pcm[: _checked(library().mm_decoder_conceal(self.block, *_room(pcm)))]

    def recover(self, payload: bytes, nsamples: int) -> Pcm:
        """Recover the frame before `payload` from it."""
        pcm = np.zeros(nsamples, np.int16)
        count = library().mm_decoder_recover(
            self.block, _bytes(payload), ctypes.c_size_t(len(payload)), *_room(pcm)
        )
        return pcm[: _checked(count)]


def payload_samples(codec_format: Format, payload: bytes) -> int:
    """Return how many samples a payload decodes to, or -errno."""
    return int(
        library().mm_codec_payload_samples(
            ctypes.byref(codec_format), _bytes(payload), ctypes.c_size_t(len(payload))
        )
    )


def _bytes(payload: bytes) -> ctypes.Array[ctypes.c_uint8]:
    # Exactly as long as the payload, so that the address sanitizer sees a read past its end.
    return (ctypes.c_uint8 * len(payload)).from_buffer_copy(payload)


def _room(pcm: Pcm) -> tuple[ctypes.c_void_p, ctypes.c_size_t]:
    return ctypes.c_void_p(pcm.ctypes.data), ctypes.c_size_t(len(pcm))


def _checked(count: int) -> int:
    if count < 0:
        raise OSError(-count, "codec refused")
    return count
