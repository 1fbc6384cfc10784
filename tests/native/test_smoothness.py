"""No change of a bridge causes a click, and no loud mix distorts."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tests.support.bridge import Participant, Playout, Room
from tests.support.signals import rms, tone

RATE_HZ = 8000
FRAME = 160
CHANGE_AT = 10
LOUDNESS = 10000

Wave = npt.NDArray[np.float64]
Change = Callable[[Room, Participant, Participant], None]


def _heard(change: Change, *, ticks: int = 25, frequency_hz: float = 440) -> Wave:
    """What a listener hears of a steady tone when something changes on tick CHANGE_AT."""
    speech = tone(frequency_hz, RATE_HZ, FRAME * ticks, LOUDNESS).reshape(ticks, FRAME)
    heard = []
    with Room(max_talkers=8) as room:
        talker, listener = room.enter(speaks_hz=RATE_HZ), room.enter(speaks_hz=None, hears=RATE_HZ)
        for tick, said in enumerate(speech):
            if tick == CHANGE_AT:
                change(room, talker, listener)
            talker.say(said)
            room.tick()
            heard.append(listener.heard_pcm)
    return np.concatenate(heard).astype(np.float64)


def _steps(wave: Wave) -> float:
    """The largest step from sample to sample: a click is one that the sound itself does not have."""
    return float(np.abs(np.diff(wave)).max())


def _mute(room: Room, talker: Participant, listener: Participant) -> None:
    talker.set_muted(True)


def _double(room: Room, talker: Participant, listener: Participant) -> None:
    talker.set_gain(512)


def _leave(room: Room, talker: Participant, listener: Participant) -> None:
    talker.leave()


def _deafen(room: Room, talker: Participant, listener: Participant) -> None:
    listener.set_deafened(True)


def _except(room: Room, talker: Participant, listener: Participant) -> None:
    listener.set_hears(talker, 0)


def _raise_rate(room: Room, talker: Participant, listener: Participant) -> None:
    room.enter(speaks_hz=None, hears=48000)


def _raise_rate_of_an_exception(room: Room, talker: Participant, listener: Participant) -> None:
    listener.set_hears(talker, 200)
    room.enter(speaks_hz=None, hears=16000)


@pytest.mark.parametrize(
    ("change", "remains"),
    [
        pytest.param(_mute, 0.0, id="mute"),
        pytest.param(_double, 2.0, id="gain"),
        pytest.param(_leave, 0.0, id="leave"),
        pytest.param(_deafen, 0.0, id="deafen"),
        pytest.param(_except, 0.0, id="exception"),
        pytest.param(_raise_rate, 1.0, id="higher bridge rate"),
        pytest.param(_raise_rate_of_an_exception, 200 / 256, id="higher bridge rate, private mix"),
    ],
)
@pytest.mark.parametrize("frequency_hz", [200, 440, 1000, 3000])
def test_a_change_makes_no_step_that_the_sound_does_not_have(
    change: Change, remains: float, frequency_hz: float
) -> None:
    wave = _heard(change, frequency_hz=frequency_hz)
    before, around, after = np.split(wave, [CHANGE_AT * FRAME, (CHANGE_AT + 3) * FRAME])
    assert _steps(around) <= 1.2 * max(1.0, remains) * _steps(before[FRAME:])
    assert rms(after) == pytest.approx(remains * LOUDNESS / np.sqrt(2), rel=0.02, abs=1)


def test_a_higher_bridge_rate_leaves_no_hole() -> None:
    wave = _heard(_raise_rate)
    for start in range(2 * FRAME, len(wave) - 80, 20):
        assert rms(wave[start : start + 80]) > 0.6 * LOUDNESS / np.sqrt(2)


def test_a_lower_bridge_rate_does_not_click_either() -> None:
    wide: list[Participant] = []

    def come(room: Room, talker: Participant, listener: Participant) -> None:
        wide.append(room.enter(speaks_hz=None, hears=48000))
        wide[0].leave()

    wave = _heard(come, ticks=CHANGE_AT + 280)
    assert _steps(wave[FRAME:]) <= 1.2 * _steps(wave[FRAME : CHANGE_AT * FRAME])
    for start in range(2 * FRAME, len(wave) - 80, 20):
        assert rms(wave[start : start + 80]) > 0.6 * LOUDNESS / np.sqrt(2)


def test_a_room_playout_that_is_stopped_does_not_click() -> None:
    playout = Playout(RATE_HZ)
    playout.write(tone(440, RATE_HZ, FRAME * 20, LOUDNESS))
    heard = []
    with Room(max_talkers=8) as room:
        listener = room.enter(speaks_hz=None)
        room.play(playout)
        for tick in range(8):
            if tick == 4:
                room.stop(playout)
                playout.close()
            room.tick()
            heard.append(listener.heard_pcm)
    wave = np.concatenate(heard).astype(np.float64)
    assert _steps(wave[2 * FRAME :]) <= 1.2 * _steps(wave[FRAME : 3 * FRAME])
    assert not wave[5 * FRAME :].any()


def test_a_talker_comes_and_goes_by_a_fade() -> None:
    with Room(max_talkers=1) as room:
        first, second, listener = room.enter(), room.enter(), room.enter(speaks_hz=None)
        heard = []
        for tick in range(20):
            first.say(np.full(FRAME, 2000, np.int16))
            if tick >= 10:
                second.say(np.full(FRAME, 20000, np.int16))
            room.tick()
            heard.append(listener.heard_pcm)
    wave = np.concatenate(heard).astype(np.float64)
    faded = RATE_HZ // 400
    assert _steps(wave) <= (20000 + 2000) / faded + 1
    assert wave[-1] == 20000


@pytest.mark.parametrize("amplitude", [12000, 24000, 32767])
def test_two_loud_tones_reach_a_third_without_crackle(amplitude: int) -> None:
    ticks = 50
    tones = [
        tone(frequency, RATE_HZ, FRAME * ticks, amplitude).reshape(ticks, FRAME) for frequency in (440, 1000)
    ]
    heard = []
    with Room(max_talkers=8) as room:
        talkers, listener = [room.enter() for _ in tones], room.enter(speaks_hz=None)
        for tick in range(ticks):
            for talker, said in zip(talkers, tones, strict=True):
                talker.say(said[tick])
            room.tick()
            heard.append(listener.heard_pcm)
    wave = np.concatenate(heard).astype(np.float64)[FRAME * 10 :]
    angle = 2 * np.pi * np.arange(len(wave)) / RATE_HZ
    basis = np.stack([part(f * angle) for f in (440, 1000) for part in (np.sin, np.cos)], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, wave, rcond=None)[0]
    distortion = rms(wave - fitted) / rms(wave)
    # At full scale hard clipping would distort these two by 24 %, wrapping by 99 %.
    assert distortion < 0.02
    assert rms(wave) > 0.4 * min(32767, 2 * amplitude)
