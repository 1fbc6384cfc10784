"""One leg has loss, jitter, reordering and duplicates: the others hear no click and no gap."""

import numpy as np

from tests.support.lossy import Impairment, LossyRelay
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import Pcm, level_db, tone
from tests.support.waiting import eventually, play_for

# This seed loses 50 of the first 420 packets, at most two in a row: after three, concealment may fade out.
BAD_NETWORK = Impairment(loss=0.10, jitter_s=0.05, duplicate=0.02, reorder=0.05, seed=45)
TONE_HZ = 400.0
AMPLITUDE = 6000.0
RATE_HZ = 8000
DELAY_CAP_MS = 200


def whole_periods() -> Pcm:
    """Return 2 s of a tone that can be repeated without a step."""
    return tone(TONE_HZ, 2, sample_rate_hz=RATE_HZ, amplitude=AMPLITUDE)


def test_loss_jitter_reordering_and_duplicates_on_one_leg(server: Server) -> None:
    room = server.new_room()
    target = (server.host, server.sip_port)
    with RawPhone() as unlucky, RawPhone() as listener:
        listener.dial(target, room)
        unlucky.dial(target, room)
        server.wait_for_participants(room, 2)
        with LossyRelay(ADDRESS, unlucky.media, BAD_NETWORK) as cable:
            unlucky.media = cable.address
            unlucky.talk(whole_periods())
            play_for(8)
            heard = listener.heard(last_s=5)
            # What waits at the moment of a measurement: nothing, now and then.
            delay_ms = eventually(lambda: leg_delay_ms(server, room), timeout_s=20, what="packets wait")
            eventually(lambda: len(listener.arrivals) > 300, what="packets at the listener")
        assert_no_gap(heard)
        assert_no_click(heard)
        assert level_db(heard, TONE_HZ, sample_rate_hz=RATE_HZ) > -20
        assert delay_ms <= DELAY_CAP_MS


def assert_no_gap(pcm: Pcm) -> None:
    """Assert that no 20 ms are more than 20 dB quieter than the tone: concealed audio may fade but not stop."""
    frames = pcm[: len(pcm) // 160 * 160].reshape(-1, 160).astype(np.float64)
    rms = np.sqrt((frames**2).mean(axis=1))
    assert rms.min() > AMPLITUDE / np.sqrt(2) / 10, rms.min()


def assert_no_click(pcm: Pcm) -> None:
    """Assert that no two neighbouring samples differ more than three times as much as in the tone itself."""
    steepest = AMPLITUDE * 2 * np.pi * TONE_HZ / RATE_HZ
    jumps = np.abs(np.diff(pcm.astype(np.int32)))
    assert jumps.max() < 3 * steepest, (jumps.max(), steepest)


def leg_delay_ms(server: Server, room: str) -> float:
    """Return the largest playout delay of the room's legs, as the server measures it."""
    talking = server.call("GET", f"/conferences/{room}/talking").json["result"]
    return max(float(row["delay_ms"]) for row in talking)


def test_two_full_scale_tones_reach_a_third_without_distortion(server: Server) -> None:
    room = server.new_room()
    target = (server.host, server.sip_port)
    loud = [tone(hz, 2, sample_rate_hz=RATE_HZ, amplitude=32000) for hz in (400.0, 1100.0)]
    with RawPhone() as first, RawPhone() as second, RawPhone() as third:
        for each in (first, second, third):
            each.dial(target, room)
        server.wait_for_participants(room, 3)
        first.talk(loud[0])
        second.talk(loud[1])
        play_for(4)

        def clean() -> tuple[Pcm] | None:
            """Return two seconds in which no phone was late: they share this machine."""
            heard = third.heard(last_s=2)
            return (heard,) if distortion(heard, (400.0, 1100.0)) < 0.03 else None

        (heard,) = eventually(clean, timeout_s=20, what="two tones without distortion")
    assert np.abs(np.diff(heard.astype(np.int32))).max() < 40000, "the sum overflowed"


def distortion(pcm: Pcm, tones_hz: tuple[float, ...]) -> float:
    """Return the share of the power outside the tones: harmonics, intermodulation, noise."""
    window = np.blackman(len(pcm))
    power = np.abs(np.fft.rfft(pcm * window)) ** 2
    bin_hz = RATE_HZ / len(pcm)
    bins = np.arange(len(power)) * bin_hz
    wanted = np.zeros(len(power), dtype=bool)
    for hz in tones_hz:
        wanted |= np.abs(bins - hz) < max(4 * bin_hz, 4)
    wanted |= bins < 50
    return float(np.sqrt(power[~wanted].sum() / power.sum()))
