"""Measure the delay while a sender's clock drifts: ``python -m bench.drift``.

A phone sends chirps, with a clock 200 ppm fast or slow, for ten minutes of a virtual clock. The delay is the time from a
chirp's packet on the wire to the chirp in the packets to another phone. It includes the jitter buffer, the wait for the
tick, mixing, limiter, and with Opus the look-ahead of both encoders.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from tests.support.phone import RtpPhone

from bench.voices import OPUS, PCMU, PERIOD_FRAMES, Pcm, Voice, Wire, find_chirp, likeness
from mixminus.mixer import Engine, EngineConfig, Port

PACKET_S = 0.02
SETTLING_S = 2.0
LONGEST_S = 0.4
DRIFTS_PPM = (-200, 200)
DRIFT_S = 600


@dataclass(slots=True)
class Heard:
    """The packets that a phone received."""

    wire: Wire
    arrivals_s: list[float] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)

    def delays_ms(self, sent_s: Iterable[float]) -> list[float]:
        """Return the delay of each chirp that arrived."""
        rate_hz, nsamples = self.wire.format.sample_rate_hz, self.wire.frame_samples
        decode = self.wire.decoder()
        frames: list[Pcm] = [decode(payload) for payload in self.payloads]
        alike = likeness(np.concatenate(frames), rate_hz)
        arrivals = np.asarray(self.arrivals_s)
        delays = []
        for sent in sent_s:
            first, last = np.searchsorted(arrivals, [sent - PACKET_S, sent + LONGEST_S])
            at = find_chirp(alike, int(first) * nsamples, int(last) * nsamples)
            if at is not None:
                delays.append((arrivals[at // nsamples] + at % nsamples / rate_hz - sent) * 1000)
        return delays


def seat_two(engine: Engine, wire: Wire, mouth: RtpPhone, ear: RtpPhone) -> Port:
    """Connect two phones to a room; return the port of the first."""
    bridge = engine.open_bridge()
    ports = []
    for phone in (mouth, ear):
        port = engine.open_rtp_port()
        port.configure(phone.media(receive=(wire.format,), send=wire.format))
        port.join(bridge)
        ports.append(port)
    return ports[0]


def say(mouth: RtpPhone, voice: Voice, wire: Wire, number: int, to: Port) -> None:
    """Send the next packet."""
    packet = mouth.packet(
        voice.payload(number), payload_type=wire.format.payload_type, step=wire.frame_samples
    )
    mouth.send_raw(to.local_port, packet)


@dataclass(frozen=True, slots=True)
class Drift:
    """A sender with a clock of its own."""

    ppm: int
    delays_ms: list[float]
    corrections: int
    lost: int


def drift(wire: Wire, ppm: int) -> Drift:
    """Talk for ten minutes on a virtual clock that differs from the sender's."""
    voice, heard = Voice(wire), Heard(wire)
    sent_s: list[float] = []
    with Engine(EngineConfig(manual=True)) as engine, RtpPhone() as mouth, RtpPhone(ssrc=2) as ear:
        port = seat_two(engine, wire, mouth, ear)
        number = 0
        for tick in range(int(DRIFT_S / PACKET_S)):
            # Between two ticks, so that drift rarely moves a packet across a tick.
            while (due_s := (number + 0.5) * PACKET_S / (1 + ppm / 1e6)) <= tick * PACKET_S:
                if number % PERIOD_FRAMES == 0 and due_s > SETTLING_S:
                    sent_s.append(due_s)
                say(mouth, voice, wire, number, port)
                number += 1
            engine.tick()
            for packet in ear.receive():
                heard.arrivals_s.append(tick * PACKET_S)
                heard.payloads.append(packet.payload)
        counters = port.statistics().counters
    corrections = counters["time_shortened"] + counters["time_lengthened"]
    lost = sum(counters[name] for name in ("jbuf_late", "jbuf_lost", "jbuf_overrun", "jbuf_underrun"))
    return Drift(ppm, heard.delays_ms(sent_s), corrections, lost)


def quantiles(delays_ms: list[float]) -> str:
    """Render the middle and the end of a distribution."""
    cuts = statistics.quantiles(delays_ms, n=20)
    return f"p50 {cuts[9]:.1f} ms, p95 {cuts[18]:.1f} ms, max {max(delays_ms):.1f} ms"


def report_drift(wire: Wire, seen: Drift) -> str:
    """Render the delay at the beginning and end, and the corrections made."""
    tenth = len(seen.delays_ms) // 10
    return (
        f"{wire.format.codec}, sender {seen.ppm:+} ppm for {DRIFT_S} s:"
        f" first tenth p50 {statistics.median(seen.delays_ms[:tenth]):.1f} ms,"
        f" last tenth p50 {statistics.median(seen.delays_ms[-tenth:]):.1f} ms;"
        f" {quantiles(seen.delays_ms)}; {seen.corrections} corrections,"
        f" {seen.lost} packets late or lost, or waited for"
    )


def main() -> None:
    """Measure both codecs, fast and slow, and print."""
    for wire in (PCMU, OPUS):
        for ppm in DRIFTS_PPM:
            print(report_drift(wire, drift(wire, ppm)), flush=True)


if __name__ == "__main__":
    main()
