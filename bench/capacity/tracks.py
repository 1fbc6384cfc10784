"""What the phones say: recorded speech with markers, silence or noise, encoded once before a measurement."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import av
import numpy as np
from tests.support.prompts import WIDE, prompt

from bench.capacity.codecs import CODECS, WireCodec
from bench.capacity.markers import Pcm, put_marker
from bench.capacity.plan import Background, Plan

__all__ = ["BACKGROUND_TRACK", "Packet", "speech", "tracks", "write_tracks"]

BACKGROUND_TRACK: Final = 0
MARKER_PACKETS: Final = 25
"""Half a second between the markers of two talkers."""
ROUNDS: Final = 4
"""Of markers, before a track begins again."""
_PROMPTS: Final = ("demo-congrats", "demo-instruct", "basic-pbx-ivr-main", "demo-echotest", "vm-options")
_SPEECH_RMS: Final = 1500
# -65 dBov, of a full scale of 32768.
_NOISE_RMS: Final = 18.4
_BACKGROUND_PACKETS: Final = 100
_FIRST_PACKETS: Final = 25
"""Not sent: an encoder needs some time to settle, and its first packet is unlike all others."""
_PAUSE_MS: Final = 40
_PAUSE_RMS: Final = 60
_NO_LEVEL: Final = 0xFF
# RFC 6464: voice activity in the highest bit, then -dBov.
_TALK_LEVEL: Final = 0x80 | 26
_SILENCE_LEVEL: Final = 127


@dataclass(frozen=True, slots=True)
class Packet:
    """A payload, its level extension, and whether a marker begins with it."""

    payload: bytes
    level: int = _NO_LEVEL
    marked: bool = False


def tracks(plan: Plan) -> list[list[Packet]]:
    """Return the background, then a track for each talker that one room has."""
    codec = CODECS[plan.codec]
    levels = plan.background is Background.LEVEL
    return [
        [
            Packet(payload, _SILENCE_LEVEL if levels else _NO_LEVEL)
            for payload in codec.encode(_background(plan.background, codec))[_FIRST_PACKETS:]
        ],
        *(_talk(codec, talker, plan.talkers_heard, levels=levels) for talker in range(plan.talkers_heard)),
    ]


def _background(background: Background, codec: WireCodec) -> Pcm:
    count = (_FIRST_PACKETS + _BACKGROUND_PACKETS) * codec.packet_samples
    if background is Background.NOISE:
        return np.asarray(np.random.default_rng(1).normal(0, _NOISE_RMS, count), np.int16)
    return np.zeros(count, np.int16)


def _talk(codec: WireCodec, talker: int, talkers: int, *, levels: bool) -> list[Packet]:
    """Return speech with a marker every half second of another talker: no two talkers mark at a time."""
    period = MARKER_PACKETS * talkers
    count = period * ROUNDS
    pcm = speech(codec.sample_rate_hz, talker, count * codec.packet_samples)
    marked = range(talker * MARKER_PACKETS, count, period)
    for number in marked:
        put_marker(pcm, number * codec.packet_samples, codec.sample_rate_hz)
    return [
        Packet(payload, _TALK_LEVEL if levels else _NO_LEVEL, number in marked)
        for number, payload in enumerate(codec.encode(pcm))
    ]


def speech(rate_hz: int, talker: int, samples: int) -> Pcm:
    """Return recorded speech without its pauses, as loud for every talker; each begins with another prompt."""
    names = _PROMPTS[talker % len(_PROMPTS) :] + _PROMPTS[: talker % len(_PROMPTS)]
    parts: list[Pcm] = []
    for name in cycle(names):
        parts.append(_resampled(_without_pauses(prompt(name, WIDE)), rate_hz))
        if sum(map(len, parts)) >= samples:
            break
    pcm = np.concatenate(parts)[:samples].astype(np.float64)
    loud = pcm * _SPEECH_RMS / np.sqrt(np.mean(pcm**2))
    return np.asarray(np.clip(loud, -32768, 32767), np.int16)


def _without_pauses(pcm: Pcm) -> Pcm:
    """Cut pauses: a talker whose place is lost would return with a fade, and its marker would be cut."""
    size = WIDE * _PAUSE_MS // 1000
    blocks = pcm[: len(pcm) // size * size].reshape(-1, size)
    loud = np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)) > _PAUSE_RMS
    return np.asarray(blocks[loud].reshape(-1), np.int16)


def _resampled(pcm: Pcm, rate_hz: int) -> Pcm:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[None]), format="s16", layout="mono")
    frame.sample_rate = WIDE
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([each.to_ndarray().reshape(-1) for each in frames])


def write_tracks(path: Path, plan: Plan, content: Sequence[Sequence[Packet]]) -> None:
    """Write the generator's file (``bench/native/rtp_phones.h``)."""
    codec = CODECS[plan.codec]
    with path.open("wb") as out:
        out.write(struct.pack("!H", len(content)))
        for track in content:
            out.write(struct.pack("!BIH", codec.payload_type, codec.timestamp_step, len(track)))
            for packet in track:
                out.write(struct.pack("!HBB", len(packet.payload), packet.level, packet.marked))
                out.write(packet.payload)
