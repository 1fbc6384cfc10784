"""leveller.c: talkers converge, nothing else moves the gain."""

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.bridge import Room
from tests.support.loudness import Leveller, Meter, noise, talk
from tests.support.signals import tone

TARGET_LUFS = -23.0
FRAMES_PER_S = 50
RATE_HZ = 16000

Pcm = npt.NDArray[np.int16]


def _applied(pcm: Pcm, gains_db: npt.NDArray[np.float64], sample_rate_hz: int) -> Pcm:
    factors = np.repeat(10 ** (gains_db / 20), sample_rate_hz // FRAMES_PER_S)
    return np.clip(np.round(pcm[: len(factors)] * factors), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("sample_rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("level_dbov", [-40.0, -26.0, -12.0])
def test_a_talker_is_at_the_target_within_twelve_seconds(sample_rate_hz: int, level_dbov: float) -> None:
    pcm = talk(sample_rate_hz, 20, level_dbov)
    levelled = _applied(pcm, Leveller(sample_rate_hz).gains_db(pcm), sample_rate_hz)
    after = levelled[12 * sample_rate_hz :]
    assert Meter(sample_rate_hz).lufs(after) == pytest.approx(TARGET_LUFS, abs=1.0)


def test_the_gain_moves_slowly() -> None:
    steps = np.diff(Leveller(RATE_HZ).gains_db(talk(RATE_HZ, 20, -40.0)))
    assert 0 < steps.max() <= 3.0 / FRAMES_PER_S + 1e-5
    steps = np.diff(Leveller(RATE_HZ).gains_db(talk(RATE_HZ, 20, -8.0)))
    assert -6.0 / FRAMES_PER_S - 1e-5 <= steps.min() < 0


def test_a_steady_talker_is_left_alone_once_it_is_level() -> None:
    gains_db = Leveller(RATE_HZ).gains_db(talk(RATE_HZ, 60, -30.0))
    assert np.ptp(gains_db[20 * FRAMES_PER_S :]) < 0.5


@pytest.mark.parametrize("level_dbov", [-50.0, -3.0])
def test_the_gain_is_bounded(level_dbov: float) -> None:
    gains_db = Leveller(RATE_HZ).gains_db(talk(RATE_HZ, 40, level_dbov))
    assert np.abs(gains_db).max() <= 20.0


def test_the_gain_is_held_in_pauses() -> None:
    leveller = Leveller(RATE_HZ)
    before = leveller.gains_db(talk(RATE_HZ, 12, -36.0))[-1]
    pause = leveller.gains_db(np.zeros(30 * RATE_HZ, np.int16))
    assert before > 5
    assert (pause[FRAMES_PER_S // 2 :] == pause[-1]).all()
    assert pause[-1] == pytest.approx(before, abs=3.0 * 0.5)


def _hum(nsamples: int) -> Pcm:
    hum: Pcm = tone(50, RATE_HZ, nsamples, 2000) + tone(150, RATE_HZ, nsamples, 800)
    return hum


def _rumble(nsamples: int) -> Pcm:
    wave = np.cumsum(np.random.default_rng(3).normal(0, 1, nsamples))
    wave -= np.convolve(wave, np.full(400, 1 / 400), "same")
    rumble: Pcm = np.round(wave / wave.std() * 600).astype(np.int16)
    return rumble


@pytest.mark.parametrize(
    "unspoken",
    [
        pytest.param(np.zeros(20 * RATE_HZ, np.int16), id="silence"),
        *(
            pytest.param(noise(20 * RATE_HZ, level), id=f"noise at {level} dBov")
            for level in (-60, -44, -35, -20)
        ),
        pytest.param(_hum(20 * RATE_HZ), id="hum"),
        pytest.param(_rumble(20 * RATE_HZ), id="rumble"),
        pytest.param(tone(440, RATE_HZ, 20 * RATE_HZ, 1000), id="tone"),
    ],
)
@pytest.mark.parametrize("silence_s", [0, 1])
def test_noise_and_silence_never_move_the_gain(unspoken: Pcm, silence_s: int) -> None:
    pcm = np.concatenate((np.zeros(silence_s * RATE_HZ, np.int16), unspoken))
    assert (Leveller(RATE_HZ).gains_db(pcm) == 0).all()


def test_the_noise_of_a_talkers_line_is_not_raised_above_its_bound() -> None:
    """The talker lacks 17 dB, but its pauses have noise at -56 dBov, which is louder by K-weighting."""
    pcm = talk(RATE_HZ, 40, -40.0)
    gains_db = Leveller(RATE_HZ).gains_db(
        np.concatenate((np.zeros(RATE_HZ, np.int16), pcm)) + noise(41 * RATE_HZ, -56)
    )
    assert gains_db.max() < 8
    assert gains_db[-1] > 3


def _room(level_dbov: dict[int, float], *, levelled: bool, seconds: int = 20) -> dict[int, Pcm]:
    """Return what a listener hears of each talker, who talk one after the other."""
    heard = {}
    with Room(max_talkers=8) as room:
        listener = room.enter(speaks_hz=None, hears=RATE_HZ)
        for number, level in level_dbov.items():
            talker = room.enter(speaks_hz=RATE_HZ)
            talker.set_levelled(levelled)
            frames = []
            for frame in talk(RATE_HZ, seconds, level, seed=number).reshape(-1, RATE_HZ // FRAMES_PER_S):
                talker.say(frame)
                room.tick()
                frames.append(listener.heard_pcm.copy())
            talker.leave()
            heard[number] = np.concatenate(frames)
    return heard


LEVELS_DBOV = {1: -40.0, 2: -26.0, 3: -12.0}


def test_three_talkers_of_a_room_are_within_1_lu() -> None:
    meter = [Meter(RATE_HZ).lufs(pcm[12 * RATE_HZ :]) for pcm in _room(LEVELS_DBOV, levelled=True).values()]
    assert max(meter) - min(meter) < 1.0


def test_three_talkers_stay_as_they_are_without_levelling() -> None:
    heard = [Meter(RATE_HZ).lufs(pcm[12 * RATE_HZ :]) for pcm in _room(LEVELS_DBOV, levelled=False).values()]
    assert max(heard) - min(heard) == pytest.approx(28.0, abs=0.5)


def test_a_room_without_levelling_is_exact() -> None:
    """Also after it has been on: without talker selection the mix is the sum, to the sample."""
    pcm = talk(RATE_HZ, 10, -36.0).reshape(-1, RATE_HZ // FRAMES_PER_S)
    half = len(pcm) // 2
    with Room() as room:
        listener, talker = room.enter(speaks_hz=None, hears=RATE_HZ), room.enter(speaks_hz=RATE_HZ)
        delay = RATE_HZ // 1000 * 2  # of the limiter
        heard = []
        for number, frame in enumerate(pcm):
            talker.set_levelled(number < half)
            talker.say(frame)
            room.tick()
            heard.append(listener.heard_pcm.copy())
    said, got = pcm.reshape(-1), np.concatenate(heard)
    begin = (half + 2) * pcm.shape[1]
    assert not np.array_equal(got[delay:begin], said[: begin - delay])
    assert np.array_equal(got[begin:], said[begin - delay : -delay])
