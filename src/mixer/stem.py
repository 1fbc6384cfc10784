"""Stem: one participant's part of a tap as continuous audio."""

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer.tap import MIX, Tap

__all__ = ["Stem"]


class Stem:
    """Reads one port's records of a tap, with silence where it has none; owns the tap."""

    def __init__(self, tap: Tap, port_id: int) -> None:
        self._tap = tap
        self._port_id = port_id
        self._losses = 0

    def read(self) -> NDArray[np.int16]:
        """Return the audio since the last call, silence included."""
        records = self._tap.read()
        said = {each.first_sample: each.pcm for each in records if each.port_id == self._port_id}
        # Every tick has a MIX record; silence has no record of its own.
        frames = [
            said.get(each.first_sample, np.zeros(each.pcm.size, np.int16))
            for each in records
            if each.port_id == MIX
        ]
        return np.concatenate([np.empty(0, np.int16), *frames])

    def take_losses(self) -> int:
        """Return the number of records lost since the last call because the reader was too slow."""
        losses, self._losses = self._tap.overruns - self._losses, self._tap.overruns
        return losses

    def close(self) -> None:
        """Close the tap; closing twice is harmless."""
        self._tap.close()
