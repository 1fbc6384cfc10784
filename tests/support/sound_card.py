"""A sound card for a program that needs one: a PulseAudio server of its own, which plays to a file and from a file."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, Final

import numpy as np

from tests.support.closing import Closes
from tests.support.tones import Pcm
from tests.support.waiting import eventually

__all__ = ["SoundCard"]

_RATE_HZ: Final = 48_000
_LATENCY_MS: Final = 40
_ALSA: Final = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


class SoundCard(Closes):
    """One card; its ``environment`` leads ALSA and PulseAudio to it."""

    def __init__(self, directory: Path, microphone: Path) -> None:
        """``microphone``: a wav file, played from now on."""
        directory.mkdir(parents=True)
        socket = directory / "socket"
        self._ear = directory / "ear.raw"
        (directory / ".asoundrc").write_text(_ALSA)
        self.environment = {
            **os.environ,
            "HOME": str(directory),
            "XDG_RUNTIME_DIR": str(directory),
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_LATENCY_MSEC": str(_LATENCY_MS),
            "PULSE_SINK": "speaker",
            "PULSE_SOURCE": "microphone.monitor",
        }
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log_path = directory / "pulseaudio.log"
        self._run(
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            f"--load=module-native-protocol-unix auth-anonymous=1 socket={socket}",
            "--load=module-null-sink sink_name=speaker rate=48000 channels=1",
            "--load=module-null-sink sink_name=microphone rate=48000 channels=1",
        )
        eventually(socket.exists, what="PulseAudio listens")
        self._run("paplay", "--device=microphone", str(microphone))
        self._record("speaker", self._ear)
        # The first block of an idle device lasts two seconds: be ready before a program opens it.
        self._record("microphone", started := directory / "microphone.raw")
        eventually(lambda: started.stat().st_size, what="the microphone is ready")

    def ear(self) -> tuple[Pcm, int]:
        """Return what was played so far."""
        raw = self._ear.read_bytes()
        return np.frombuffer(raw[: len(raw) // 2 * 2], np.int16), _RATE_HZ

    def close(self) -> None:
        """End the card; closing twice is harmless."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
            process.wait()

    def _record(self, device: str, path: Path) -> None:
        options = ("--format=s16le", f"--rate={_RATE_HZ}", "--channels=1", f"--latency-msec={_LATENCY_MS}")
        with path.open("wb") as output:
            self._run("parec", f"--device={device}.monitor", *options, output=output)

    def _run(self, program: str, *arguments: str, output: IO[bytes] | None = None) -> None:
        found = shutil.which(program)
        assert found, f"{program} is missing: apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        with self._log_path.open("ab") as log:
            self._processes.append(
                subprocess.Popen([found, *arguments], env=self.environment, stdout=output or log, stderr=log)
            )
