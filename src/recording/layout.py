"""Layout: which tracks a recording has, and what of a tap goes into which.

The first track is the recording; stems are the others. All are cut at the same samples. Left and right add
up to the mix, and so do the stems, to the sample, wherever nothing exceeds full scale.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from mixminus.mixer import HEARD, MIX, is_playout

__all__ = ["MAIN", "MAX_STEMS", "CallLayout", "Layout", "RoomLayout"]

Pcm = NDArray[np.int16]
Lines = Mapping[int, Pcm]

MAIN: Final = "mix"
OTHERS: Final = "others"
CALLER: Final = "caller"
MAX_STEMS: Final = 64
"""Files of one recording beside the first; who comes later shares one."""
_FIRST_PLAYOUT: Final = 0xFFFF_FF00


class Layout(Protocol):
    """Turns what came by ports into what goes into tracks."""

    channels: int
    """Of the first track."""

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        """Return every track that something goes into, the first one always; (samples, 2) is stereo."""
        ...


class RoomLayout:
    """A room: the mix, or left who was first and right all others; a stem for each who is heard."""

    def __init__(self, *, channels: int, stems: bool) -> None:
        self.channels = channels
        self._stems = stems
        self._lead: int | None = None
        self._names: dict[int, str] = {}

    def arrive(self, port_id: int) -> None:
        """Somebody is here; whoever is first is on the left for good."""
        if self._lead is None:
            self._lead = port_id

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        stems = {port_id: pcm for port_id, pcm in lines.items() if port_id != MIX}
        if self.channels == 1:
            found = {MAIN: lines.get(MIX, _silence(samples))}
        else:
            left = stems.get(self._lead if self._lead is not None else MIX, _silence(samples))
            right = _sum((pcm for port_id, pcm in stems.items() if port_id != self._lead), samples)
            found = {MAIN: np.column_stack((left, right))}
        return found | (self._named(stems, samples) if self._stems else {})

    def _named(self, stems: Lines, samples: int) -> dict[str, Pcm]:
        shares: dict[str, list[Pcm]] = {}
        for port_id, pcm in stems.items():
            if port_id not in self._names:
                self._names[port_id] = self._name(port_id)
            shares.setdefault(self._names[port_id], []).append(pcm)
        return {name: pcms[0] if len(pcms) == 1 else _sum(pcms, samples) for name, pcms in shares.items()}

    def _name(self, port_id: int) -> str:
        if len(self._names) >= MAX_STEMS - 1:
            return OTHERS
        return f"playout-{port_id - _FIRST_PLAYOUT}" if is_playout(port_id) else f"port-{port_id}"


class CallLayout:
    """A call: both sides in one, or left what the caller says and right what it hears; a stem for each."""

    def __init__(self, port_id: int, *, channels: int, stems: bool) -> None:
        self.channels = channels
        self._port_id = port_id
        self._stems = stems

    def tracks(self, lines: Lines, samples: int) -> dict[str, Pcm]:
        said = lines.get(self._port_id, _silence(samples))
        heard = lines.get(HEARD, _silence(samples))
        main = lines.get(MIX, _silence(samples)) if self.channels == 1 else np.column_stack((said, heard))
        return {MAIN: main} | ({CALLER: said, OTHERS: heard} if self._stems else {})


def _silence(samples: int) -> Pcm:
    return np.zeros(samples, np.int16)


def _sum(pcms: Iterable[Pcm], samples: int) -> Pcm:
    total = np.zeros(samples, np.int32)
    for pcm in pcms:
        total += pcm
    return np.clip(total, -32768, 32767).astype(np.int16)
