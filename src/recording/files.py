"""RecordingFiles: a tap's records as files on one clock, the mix and, if asked for, every port's stem."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixminus.ids import RecordingId
from mixminus.mixer import TapRecord
from mixminus.recording.wav import MAX_WAV_SAMPLES, WavWriter, repair_wav

__all__ = ["RecordingFiles", "mix_path", "repair"]

_MIX: Final = 0
"""The port id of the mix in a tap's records."""
_SILENCE_SAMPLES: Final = 1 << 18


def mix_path(directory: Path, recording_id: RecordingId) -> Path:
    """Return where a recording's mix is kept."""
    return directory / f"{recording_id}.wav"


def repair(directory: Path, recording_id: RecordingId) -> int:
    """Make every file of a recording that was cut short readable; return the samples of its mix."""
    paths = directory.glob(f"{recording_id}*.wav")
    return {path: repair_wav(path) for path in paths}.get(mix_path(directory, recording_id), 0)


class RecordingFiles:
    """Writes a recording; sample n of every file is sample n of the tap."""

    def __init__(
        self, directory: Path, recording_id: RecordingId, *, sample_rate_hz: int, limit_samples: int
    ) -> None:
        self._directory = directory
        self._recording_id = recording_id
        self._sample_rate_hz = sample_rate_hz
        self._limit_samples = min(limit_samples, MAX_WAV_SAMPLES)
        directory.mkdir(parents=True, exist_ok=True)
        self._writers = {_MIX: WavWriter(mix_path(directory, recording_id), sample_rate_hz)}

    @property
    def full(self) -> bool:
        """Whether the recording is as long as it may become."""
        return self._writers[_MIX].samples >= self._limit_samples

    def write(self, records: Iterable[TapRecord], position: int) -> None:
        """Append records, and silence where there are none, up to the tap's position."""
        by_port: dict[int, list[TapRecord]] = defaultdict(list)
        for record in records:
            by_port[record.port_id].append(record)
        for port_id, of_port in by_port.items():
            self._put(self._writer(port_id), of_port)
        for writer in self._writers.values():
            self._pad(writer, position)

    def close(self) -> None:
        """End all files at the same sample; closing twice is harmless."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, port_id: int) -> WavWriter:
        if port_id not in self._writers:
            name = f"{self._recording_id}.port-{port_id}.wav"
            self._writers[port_id] = WavWriter(self._directory / name, self._sample_rate_hz)
        return self._writers[port_id]

    def _put(self, writer: WavWriter, records: list[TapRecord]) -> None:
        """Write stretches without a gap in one go; a lost record leaves as much silence."""
        stretch: list[NDArray[np.int16]] = []
        end = writer.samples
        for record in records:
            if record.first_sample > end:
                self._append(writer, stretch)
                self._pad(writer, record.first_sample)
                stretch = []
            stretch.append(record.pcm)
            end = record.first_sample + record.pcm.size
        self._append(writer, stretch)

    def _append(self, writer: WavWriter, stretch: list[NDArray[np.int16]]) -> None:
        if stretch:
            writer.write(np.concatenate(stretch)[: self._limit_samples - writer.samples])

    def _pad(self, writer: WavWriter, position: int) -> None:
        missing = min(position, self._limit_samples) - writer.samples
        while missing > 0:
            step = min(missing, _SILENCE_SAMPLES)
            writer.write(np.zeros(step, np.int16))
            missing -= step
