"""Layouts: the number of tracks is bounded, and together they always add up to the mix."""

import numpy as np

from mixminus.mixer import MIX
from mixminus.recording.layout import MAX_STEMS, RoomLayout

FRAME = 20


def test_participants_beyond_the_limit_share_a_track() -> None:
    chance = np.random.default_rng(3)
    lines = {port: chance.integers(-99, 99, FRAME).astype(np.int16) for port in range(1, 101)}
    lines[MIX] = np.sum(list(lines.values()), axis=0).astype(np.int16)
    layout = RoomLayout(channels=1, stems=True)
    tracks = layout.tracks(lines, FRAME)
    assert len(tracks) == 1 + MAX_STEMS
    assert np.array_equal(np.sum([tracks[name] for name in tracks if name != "mix"], axis=0), tracks["mix"])
    assert list(layout.tracks({100: lines[100]}, FRAME)) == ["mix", "others"]


def test_left_and_right_add_up_to_the_mix_before_the_first_participant() -> None:
    layout = RoomLayout(channels=2, stems=False)
    assert not layout.tracks({}, FRAME)["mix"].any()
    layout.add_port(7)
    layout.add_port(3)
    lines = {port: np.full(FRAME, port, np.int16) for port in (3, 7, 9)}
    assert layout.tracks(lines, FRAME)["mix"].tolist() == [[7, 12]] * FRAME
