"""Gaps in what a phone hears: for how long a tone that should be there all the time is not."""

from collections.abc import Sequence

import numpy as np

from tests.support.raw_phone import PACKET_SAMPLES, Arrival, mu_law_to_pcm
from tests.support.tones import Pcm, level_db

__all__ = ["longest_silence_s", "received"]

RATE_HZ = 8000
WINDOW = RATE_HZ // 20
AUDIBLE_DB = -40.0


def received(packets: Sequence[Arrival]) -> Pcm:
    """Return what a phone has received, with silence for packets that are missing."""
    start = packets[0].timestamp
    places = [((packet.timestamp - start) & 0xFFFFFFFF) for packet in packets]
    pcm = np.zeros(max(place for place in places if place < 1 << 31) + PACKET_SAMPLES, np.int16)
    for place, packet in zip(places, packets, strict=True):
        if place < 1 << 31:  # else it was sent before the first one
            part = mu_law_to_pcm(packet.payload)
            pcm[place : place + len(part)] = part
    return pcm


def longest_silence_s(pcm: Pcm, hz: float) -> float:
    """Return for how long at most a tone is not heard."""
    longest = silent = 0
    for begin in range(0, len(pcm) - WINDOW, WINDOW):
        window = pcm[begin : begin + WINDOW]
        silent = 0 if level_db(window, hz, sample_rate_hz=RATE_HZ) > AUDIBLE_DB else silent + 1
        longest = max(longest, silent)
    return longest * WINDOW / RATE_HZ
