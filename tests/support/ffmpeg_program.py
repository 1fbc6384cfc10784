"""The process of an ``FfmpegEncoder``: FFmpeg's WHIP muxer, of PyAV's wheel, sends a tone until its input is closed."""

import json
import select
import sys
from fractions import Fraction
from typing import Final

import av
import numpy as np

from tests.support.tones import tone
from tests.support.waiting import play_until

_RATE_HZ: Final = 48_000
_FRAME_SAMPLES: Final = 960


def main() -> None:
    """Read the settings, a line of JSON, join, and send in real time; leave at the end of the input."""
    settings = json.loads(sys.stdin.readline())
    av.logging.set_level(av.logging.DEBUG)
    # A whole number of periods in a second, for integer frequencies.
    sent = np.repeat(tone(settings["hz"], 1.0), 2).reshape(-1, 2 * _FRAME_SAMPLES)
    with av.open(settings["url"], "w", format="whip", options=settings["options"]) as output:
        stream = output.add_stream("libopus", rate=_RATE_HZ, layout="stereo")
        output.start_encoding()
        sys.stdout.write("connected\n")
        sys.stdout.flush()
        clock = play_until()
        number = 0
        while not select.select([sys.stdin], [], [], 0)[0]:
            frame = av.AudioFrame.from_ndarray(sent[number % len(sent)].reshape(1, -1), "s16", "stereo")
            frame.sample_rate, frame.time_base = _RATE_HZ, Fraction(1, _RATE_HZ)
            frame.pts = number * _FRAME_SAMPLES
            output.mux(stream.encode(frame))
            number += 1
            clock(number * _FRAME_SAMPLES / _RATE_HZ)


if __name__ == "__main__":
    main()
