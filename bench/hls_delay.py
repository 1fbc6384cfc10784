"""Measure the delay of low-latency HLS: ``python -m tests.support.netns python -m bench.hls_delay [MARKERS]``.

A phone (PCMU by SIP) says markers in a room that is broadcast by a real server; a client fetches each part as soon as it is
announced. The delay is from the send of the packet that a marker begins in until the part that has the marker's end was
fetched. A player adds what it holds back: three parts by the playlist.
"""

import argparse
import io
import os
import secrets
import statistics
import struct
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from tests.support.loudness import noise
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, MeasuredServer, Server
from tests.support.sipp import mu_law
from tests.support.waiting import eventually

from bench.capacity.markers import MARKER_MS, Pcm, find_marker, likeness, put_marker
from mixminus.broadcast.fragments import PART_S, SAMPLE_RATE_HZ
from mixminus.broadcast.window import SEGMENT_PARTS

PHONE_HZ = 8000
PACKET_SAMPLES = 160
PACKET_S = PACKET_SAMPLES / PHONE_HZ
MARKER_PACKETS = 95
"""From marker to marker: 1.9 s, so that markers begin at 16 places in a part."""
FIRST_PACKET = 150
"""The first marker's, after what lets the room hear the phone."""
BACKGROUND_DBOV = -45.0
PART_SAMPLES = round(PART_S * SAMPLE_RATE_HZ)


@dataclass
class Talker:
    """Sends noise with markers, and notes when each marker was sent."""

    phone: RawPhone
    markers: int
    sent_s: list[float] = field(default_factory=list)

    def run(self) -> None:
        plain, marked = self._packets()
        ssrc, due = secrets.randbits(32), time.monotonic()
        for number in range(FIRST_PACKET + self.markers * MARKER_PACKETS):
            time.sleep(max(0.0, due - time.monotonic()))
            place = (number - FIRST_PACKET) % MARKER_PACKETS
            spoken = number >= FIRST_PACKET and place < len(marked)
            if spoken and place == 0:
                self.sent_s.append(time.monotonic())
            header = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * PACKET_SAMPLES, ssrc)
            self.phone.send_raw(header + (marked[place] if spoken else plain[number % len(plain)]))
            due += PACKET_S

    @staticmethod
    def _packets() -> tuple[list[bytes], list[bytes]]:
        """Return packets of noise, and those of a marker."""
        background = noise(PACKET_SAMPLES * 50, BACKGROUND_DBOV)
        marker = background[: PACKET_SAMPLES * 2].copy()
        put_marker(marker, 0, PHONE_HZ)
        plain, marked = (
            [mu_law(pcm[at : at + PACKET_SAMPLES]) for at in range(0, len(pcm), PACKET_SAMPLES)]
            for pcm in (background, marker)
        )
        return plain, marked


def fetched(server: Server, folder: str) -> Iterator[tuple[float, bytes]]:
    """Yield each part and when it was there, from the one that is announced first."""
    segment, part = announced(get(server, f"{folder}index.m3u8").decode())
    while True:
        piece = get(server, f"{folder}part-{segment}-{part}.m4s")
        yield time.monotonic(), piece
        segment, part = (segment, part + 1) if part + 1 < SEGMENT_PARTS else (segment + 1, 0)


def announced(playlist: str) -> tuple[int, int]:
    """Return segment and part of a playlist's preload hint."""
    name = playlist.partition("#EXT-X-PRELOAD-HINT:")[2].partition('URI="part-')[2].partition(".m4s")[0]
    segment, _, part = name.partition("-")
    return int(segment), int(part)


def get(server: Server, path: str) -> bytes:
    answer = server.request("GET", path, headers={"authorization": f"Bearer {ACCESS_KEY}"})
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {answer.body!r}")
    return answer.body


def decoded(header: bytes, parts: Sequence[bytes]) -> Pcm:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(io.BytesIO(header + b"".join(parts)), "r") as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


def marked_parts(header: bytes, parts: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return the markers that are heard: the number of each, from 0, and the index of the part that its end is in."""
    pcm = decoded(header, parts)
    alike = likeness(pcm, SAMPLE_RATE_HZ)
    spacing = round(MARKER_PACKETS * PACKET_S * SAMPLE_RATE_HZ)
    found: list[tuple[int, int]] = []
    first, at = None, 0
    while at < len(pcm):
        begin = find_marker(alike, at, at + spacing // 2)
        if begin is None:
            at += spacing // 2
            continue
        first = begin if first is None else first
        end = begin + MARKER_MS * SAMPLE_RATE_HZ // 1000
        found.append((round((begin - first) / spacing), end // PART_SAMPLES))
        at = begin + spacing // 2
    return [each for each in found if each[1] < len(parts)]


def measure(directory: Path, markers: int) -> list[float]:
    """Return the delay of each marker, in seconds."""
    with MeasuredServer(directory) as server, RawPhone(listens=False) as phone:
        room = server.new_room()
        phone.dial((ADDRESS, server.sip_port), room)
        begun = server.call("POST", f"/conferences/{room}/broadcasts", {}).json
        eventually(
            lambda: server.call("GET", f"/broadcasts/{begun['id']}").json["status"] == "live",
            what="the broadcast is live",
        )
        folder = begun["path"].removesuffix("index.m3u8")
        talker = Talker(phone, markers)
        thread = threading.Thread(target=talker.run)
        thread.start()
        arrivals = []
        for arrival in fetched(server, folder):
            arrivals.append(arrival)
            if not thread.is_alive():
                break
        header = get(server, f"{folder}init.mp4")
    found = marked_parts(header, [piece for _, piece in arrivals])
    return [arrivals[part][0] - talker.sent_s[number] for number, part in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("markers", nargs="?", type=int, default=100)
    markers = parser.parse_args().markers
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as directory:
        delays_s = measure(Path(directory), markers)
    cuts = statistics.quantiles(delays_s, n=20)
    print(
        f"{len(delays_s)} of {markers} markers, in a part that was fetched after {cuts[9] * 1000:.0f} ms (p50), "
        f"{cuts[18] * 1000:.0f} ms (p95); shortest {min(delays_s) * 1000:.0f}, longest {max(delays_s) * 1000:.0f} ms; "
        f"a part is {PART_S * 1000:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
