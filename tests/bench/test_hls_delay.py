"""The measurement of HLS' delay finds markers in parts whose audio is known."""

import numpy as np
from bench.capacity.markers import put_marker
from bench.hls_delay import MARKER_PACKETS, PACKET_S, PART_SAMPLES, announced, marked_parts

from mixminus.broadcast.fragments import SAMPLE_RATE_HZ, Fragments


def test_the_part_of_each_marker_is_found() -> None:
    """The encoder adds 1,024 samples before."""
    pcm = np.zeros(20 * SAMPLE_RATE_HZ, np.int16)
    spacing = round(MARKER_PACKETS * PACKET_S * SAMPLE_RATE_HZ)
    begins = [SAMPLE_RATE_HZ + number * spacing for number in range(9)]
    for begin in begins:
        put_marker(pcm, begin, SAMPLE_RATE_HZ)
    fragments = Fragments()
    parts = [part for second in np.split(pcm, 20) for part in fragments.feed(second)]
    ends = [begin + 1024 + SAMPLE_RATE_HZ * 30 // 1000 for begin in begins]
    assert marked_parts(fragments.header, parts) == [
        (number, end // PART_SAMPLES) for number, end in enumerate(ends) if end // PART_SAMPLES < len(parts)
    ]
    fragments.close()


def test_the_announced_part_is_read_from_a_playlist() -> None:
    hint = '#EXTM3U\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-12-3.m4s?token=part-1"\n'
    assert announced(hint) == (12, 3)
