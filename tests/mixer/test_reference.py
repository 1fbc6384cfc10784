"""The reference model, on small cases."""

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.mixer.reference import MixClass, glide, minus_one, mix_classes

Gains = npt.NDArray[np.int64]

UNITY = 1 << 16


def _hears(*rows: list[float]) -> Gains:
    return (np.array(rows)[:, :, np.newaxis] * UNITY).astype(np.int64)


def _column(gains: list[float]) -> Gains:
    return (np.array(gains)[:, np.newaxis] * UNITY).astype(np.int64)


EVERYBODY = _hears([1, 1, 1], [1, 1, 1], [1, 1, 1])


@pytest.mark.parametrize(
    ("said", "gains", "hears", "hearing", "heard"),
    [
        pytest.param([1, 20, 300], [1, 1, 1], EVERYBODY, [1, 1, 1], [320, 301, 21], id="all but me"),
        pytest.param([1, 20, 300], [1, 0, 1], EVERYBODY, [1, 1, 1], [300, 301, 1], id="a muted one"),
        pytest.param([1, 20, 300], [1, 1, 1], EVERYBODY, [0, 1, 1], [0, 301, 21], id="a deafened one"),
        pytest.param([1, 20, 300], [2, 0.5, 1], EVERYBODY, [1, 1, 1], [310, 302, 12], id="gains"),
        pytest.param(
            [1, 20, 300],
            [1, 1, 1],
            _hears([1, 0, 1], [1, 1, 0.5], [1, 1, 1]),
            [1, 1, 1],
            [300, 151, 21],
            id="exceptions",
        ),
        pytest.param(
            [30000, 30000, -30000],
            [1, 1, 1],
            EVERYBODY,
            [1, 1, 1],
            [0, 0, 32767],
            id="the sum never clips on the way",
        ),
        pytest.param(
            [30000, 0, 0], [2, 1, 1], EVERYBODY, [1, 1, 1], [0, 32767, 32767], id="a gain saturates"
        ),
    ],
)
def test_each_participant_hears_all_others_and_not_itself(
    said: list[int], gains: list[float], hears: Gains, hearing: list[float], heard: list[int]
) -> None:
    frames = np.array(said, np.int16)[:, np.newaxis]
    mixes = minus_one(frames, _column(gains), hears, _column(hearing))
    assert mixes.ravel().tolist() == heard


def test_a_glide_reaches_its_target_at_the_last_sample() -> None:
    assert glide(0, 256, 4).tolist() == [UNITY // 4, UNITY // 2, UNITY * 3 // 4, UNITY]
    assert glide(256, 0, 2).tolist() == [UNITY // 2, 0]
    assert glide(100, 100, 3).tolist() == [100 << 8] * 3


@pytest.mark.parametrize(
    ("contributes", "hears", "deafened", "classes"),
    [
        pytest.param([0, 0, 0], EVERYBODY, [0, 0, 0], "AAA", id="no talker"),
        pytest.param([1, 0, 0], EVERYBODY, [0, 0, 0], "OAA", id="a talker is alone"),
        pytest.param([1, 0, 0], EVERYBODY, [0, 1, 0], "OSA", id="the deafened share silence"),
        pytest.param([1, 0, 0], EVERYBODY, [1, 0, 0], "SAA", id="a talker may be deaf"),
        pytest.param([1, 0, 0], _hears([1, 1, 1], [0, 1, 1], [1, 1, 1]), [0, 0, 0], "OOA", id="an exception"),
        pytest.param(
            [0, 0, 1],
            _hears([1, 1, 1], [0, 1, 1], [1, 1, 1]),
            [0, 0, 0],
            "AAO",
            id="an exception about the silent",
        ),
    ],
)
def test_participants_that_hear_the_same_share_a_class(
    contributes: list[int], hears: Gains, deafened: list[int], classes: str
) -> None:
    letters = {MixClass.ALL: "A", MixClass.SILENCE: "S", MixClass.OWN: "O"}
    found = mix_classes(np.array(contributes, bool), hears, np.array(deafened, bool))
    assert "".join(letters[mix_class] for mix_class in found) == classes
