"""A WAV file is valid at any moment, for readers other than ours."""

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

from mixminus.recording.wav import WavFile, WavShape, repair_wav, shape_of

RATE = 16000
MONO = WavShape(RATE, 1, large=False)


def read(path: Path) -> NDArray[np.int16]:
    """Read with Python's own module, which relies on the header."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def ramp(count: int) -> NDArray[np.int16]:
    return (np.arange(count) % 30_000).astype(np.int16)


def test_wav_file_holds_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavFile(path, MONO)
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


def test_empty_wav_file_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavFile(path, MONO)
    assert read(path).size == 0
    writer.write(np.zeros(0, np.int16))
    writer.close()
    assert read(path).size == 0


def test_killed_writer_leaves_every_reported_sample(tmp_path: Path) -> None:
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
def test_repair_counts_whole_samples(tmp_path: Path, extra: bytes, samples: int) -> None:
    path = tmp_path / "a.wav"
    writer = WavFile(path, MONO)
    writer.write(ramp(100))
    writer.close()
    with path.open("ab") as file:
        file.write(extra)
    assert repair_wav(path) == samples
    assert read(path).size == samples


def test_repair_ignores_a_file_without_header(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    assert repair_wav(path) == 0
    assert path.read_bytes() == b"RIFF"


def test_full_disk_raises_and_leaves_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    script = (
        "import resource, signal, sys; from pathlib import Path; import numpy as np\n"
        "from mixminus.recording.wav import WavFile, WavShape\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "writer = WavFile(Path(sys.argv[1]), WavShape(16000, 1, large=False))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try:\n"
        "    while True: writer.write(np.ones(700, np.int16))\n"
        "except OSError as exc:\n"
        "    sys.exit(7 if writer.samples == 4900 else 8)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 7
    assert read(path).size == 4900
    assert os.stat(path).st_size <= 10_000


def test_silence_takes_no_disk_space(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = WavFile(path, MONO)
    writer.write(ramp(100))
    writer.skip(16_000_000)
    writer.write(ramp(100))
    writer.close()
    pcm = read(path)
    assert pcm.size == 16_000_200
    assert not pcm[100:-100].any()
    assert np.array_equal(pcm[-100:], ramp(100))
    assert path.stat().st_blocks * 512 < 100_000


def test_wav_beyond_32_bits_is_rf64(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    shape = WavShape.for_limit(48_000, 2, 24 * 3600 * 48_000)
    writer = WavFile(path, shape)
    writer.write(np.column_stack((ramp(100), -ramp(100))))
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 100)
    writer.skip(2**30)
    writer.write(np.column_stack((ramp(100), -ramp(100))))
    writer.close()
    with path.open("rb") as opened:
        assert opened.read(4) == b"RF64"
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.duration == 2**30 + 200
    assert (shape_of(path).channels, repair_wav(path)) == (2, 2**30 + 200)
