"""A WAV file is whole at any moment, by the judgement of readers that are not ours."""

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixminus.recording.wav import WavWriter, repair_wav

RATE = 16000


def read(path: Path) -> NDArray[np.int16]:
    """Read with Python's own module, which trusts the header."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def ramp(count: int) -> NDArray[np.int16]:
    return (np.arange(count) % 30_000).astype(np.int16)


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, RATE)
    for part in np.split(ramp(48_000), [1, 2, 321, 40_000]):
        writer.write(part)
        assert np.array_equal(read(path), ramp(writer.samples))
    writer.close()
    writer.close()
    assert np.array_equal(read(path), ramp(48_000))
    assert path.stat().st_size == 44 + 96_000
    with av.open(str(path)) as container:
        decoded = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert np.array_equal(decoded, ramp(48_000))


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, RATE)
    assert read(path).size == 0
    writer.write(np.zeros(0, np.int16))
    writer.close()
    assert read(path).size == 0


def test_a_killed_writer_leaves_every_sample_it_has_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    command = [sys.executable, "-m", "tests.recording.writer_to_kill", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        reported = [int(writer.stdout.readline()) for _ in range(20)][-1]
        writer.send_signal(signal.SIGKILL)
        reported = max([reported, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    assert writer.returncode == -signal.SIGKILL
    kept = read(path)
    assert kept.size >= reported
    assert np.array_equal(kept, ramp(kept.size))
    assert repair_wav(path) >= kept.size


@pytest.mark.parametrize(
    ("extra", "samples"),
    [
        pytest.param(b"", 100, id="nothing lost"),
        pytest.param(b"\x01\x00\x02\x00", 102, id="audio that the header does not count"),
        pytest.param(b"\x01\x00\x02", 101, id="half a sample"),
    ],
)
def test_repair_counts_what_is_there(tmp_path: Path, extra: bytes, samples: int) -> None:
    path = tmp_path / "a.wav"
    writer = WavWriter(path, RATE)
    writer.write(ramp(100))
    writer.close()
    with path.open("ab") as file:
        file.write(extra)
    assert repair_wav(path) == samples
    assert read(path).size == samples


def test_repair_of_a_file_without_a_header_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    assert repair_wav(path) == 0
    assert path.read_bytes() == b"RIFF"


def test_a_full_disk_is_an_error_and_not_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    script = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from mixminus.recording.wav import WavWriter\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "writer = WavWriter(Path(sys.argv[1]), 16000)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    while True: writer.write(np.ones(700, np.int16))\n"
        "except OSError as exc:\n"
        "    sys.exit(7 if writer.samples == 4900 else 8)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 7
    assert read(path).size == 4900
    assert os.stat(path).st_size <= 10_000
