"""A real phone: baresip, with a wav file as microphone and a wav file as loudspeaker."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from tests.support.closing import Closes
from tests.support.hosts import bracketed
from tests.support.netns import ADDRESS
from tests.support.tones import Pcm, read_wav
from tests.support.waiting import eventually

MODULES = Path("/usr/lib/baresip/modules")
_WAV_HEADER_BYTES = 1024  # of libsndfile: less than this
_CONFIG = """\
poll_method epoll
sip_listen {address}:{sip_port}
sip_trans_def {transport}
call_local_timeout 120
call_max_calls 4
audio_player aufile,{directory}/out.wav
audio_source aufile,{microphone}
audio_alert aufile,{directory}/alert.wav
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
audio_level no
rtp_ports {rtp_port}-{rtp_last_port}
rtcp_mux no
jitter_buffer_type fixed
jitter_buffer_delay 2-10
rtp_stats yes
ring_aufile none
ringback_aufile none
busy_aufile none
error_aufile none
callwaiting_aufile none
notfound_aufile none
module_path {modules}
module g711.so
module g722.so
module opus.so
module l16.so
module aufile.so
module sndfile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {directory}
opus_bitrate 32000
opus_stereo no
opus_sprop_stereo no
"""


class Baresip(Closes):
    """One phone with one codec; a context manager that ends the process."""

    def __init__(  # noqa: PLR0913 - everything that a test may vary
        self,
        directory: Path,
        microphone: Path,
        *,
        codec: str = "PCMU/8000/1",
        transport: str = "udp",
        media_encryption: str = "",
        login: str = "",
        answers: bool = False,
        number: int = 0,
        trusted: Path | None = None,
        address: str = ADDRESS,
        shows_texts: bool = False,
    ) -> None:
        """Without ``address`` the phone is on all addresses of both families. With ``login`` it registers; with ``answers`` it answers automatically; ``trusted``: authorities of servers; with ``shows_texts`` the texts that it gets are in its log."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._user, self._transport = f"phone{number}", transport
        self._address = bracketed(address or ADDRESS)
        self._control_port = 10500 + number
        # Below those of `free_port`; baresip uses the next port too, for TLS.
        self._sip_port = 11000 + 4 * number
        ports = {"rtp_port": 20000 + 100 * number, "rtp_last_port": 20099 + 100 * number}
        sip = {"address": self._address, "sip_port": self._sip_port, "transport": transport}
        control = {"modules": MODULES, "control_port": self._control_port}
        config = _CONFIG.format(directory=directory, microphone=microphone, **control, **sip, **ports)
        if not address:
            config = config.replace("sip_listen", "#sip_listen")
        if trusted:
            config += f"sip_cafile {trusted}\nsip_verify_server yes\n"
        if shows_texts:
            config += "module stdio.so\n"
        self.rtp_ports = set(range(20000 + 100 * number, 20100 + 100 * number))
        (directory / "config").write_text(config)
        own = f"<sip:{self._user}@{self._address}:{self._sip_port};transport={transport}>;regint=0"
        account = f"{login or own};audio_codecs={codec}"
        if answers:
            account += ";answermode=auto"
        if media_encryption:
            account += f";mediaenc={media_encryption}"
        (directory / "accounts").write_text(account + "\n")
        (directory / "contacts").write_text("")
        self._log = (directory / "log").open("wb")
        program = shutil.which("baresip")
        assert program, "baresip is missing: apt-get install --no-install-recommends baresip-core"
        command = [program, "-f", str(directory)]
        keys = subprocess.PIPE if shows_texts else subprocess.DEVNULL  # stdio.so waits for its input
        self._process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, stdin=keys)
        eventually(self._listens, what="baresip's control port")

    @property
    def uri(self) -> str:
        """URI at which the phone can be called."""
        return f"sip:{self._user}@{self._address}:{self._sip_port};transport={self._transport}"

    @property
    def host(self) -> str:
        """Address and port on which the phone listens."""
        return f"{self._address}:{self._sip_port}"

    def pick_up(self) -> None:
        self.command("accept")

    def dial(self, uri: str) -> None:
        """Call, and wait until the far end has answered."""
        self.command("dial", uri)
        eventually(
            lambda: "Call established" in self.log,
            timeout_s=15,
            what=f"{uri} answers; log: {self.log[-800:]}",
        )

    def speak(self, microphone: Path) -> None:
        """Play this file (48 kHz) into the microphone, from its beginning."""
        self.command("ausrc", f"aufile,{microphone}")

    def wait_for_log(self, words: str, *, what: str) -> None:
        """Wait until the phone's log contains these words."""
        eventually(lambda: words in self.log, what=f"{what}; log: {self.log[-800:]}")

    def hold(self) -> None:
        self.command("hold")

    def resume(self) -> None:
        self.command("resume")

    def hang_up(self) -> None:
        self.command("hangup")

    def pull_cable(self) -> None:
        """Kill the phone, so that it sends no BYE, like one that loses its connection."""
        self._process.send_signal(signal.SIGKILL)

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    @property
    def ended(self) -> bool:
        """Whether the phone has logged the end of its call."""
        return "session closed" in self.log.lower() or "call terminated" in self.log.lower()

    def ear(self) -> tuple[Pcm, int]:
        """Return what the phone has played so far: PCM and its sample rate."""
        dumps = sorted(self.directory.glob("dump-*-dec.wav"))
        assert dumps, f"nothing was heard: {sorted(p.name for p in self.directory.iterdir())}"
        return read_wav(dumps[-1])

    @property
    def plays(self) -> bool:
        """Whether it has begun to play what it hears."""
        return any(each.stat().st_size > _WAV_HEADER_BYTES for each in self.directory.glob("dump-*-dec.wav"))

    def command(self, command: str, params: str = "") -> dict[str, Any]:
        """Send one command to baresip (netstrings of JSON) and return its answer."""
        message = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=5) as control:
            control.sendall(b"%d:%s," % (len(message), message))
            received = b""
            while True:
                while (answer := _netstring(received)) is None:
                    received += control.recv(4096)
                body, received = answer
                if body.get("response"):
                    return body

    def close(self) -> None:
        """End the phone; closing twice is harmless."""
        if self._process.poll() is None:
            with contextlib.suppress(OSError):
                self.command("quit")
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._log.close()

    def _listens(self) -> bool:
        assert self._process.poll() is None, f"baresip died: {self.log[-2000:]}"
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._control_port), timeout=1),
        ):
            return True
        return False


def _netstring(received: bytes) -> tuple[dict[str, Any], bytes] | None:
    head, colon, rest = received.partition(b":")
    if not colon or len(rest) <= (size := int(head)):
        return None
    return json.loads(rest[:size]), rest[size + 1 :]


def available() -> bool:
    """Return whether this machine has the phone."""
    return shutil.which("baresip", path=os.environ.get("PATH")) is not None
