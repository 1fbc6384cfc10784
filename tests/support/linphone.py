"""A softphone of another project: Linphone's console program, with wav files instead of a sound card."""

import os
from pathlib import Path
from typing import Final

import numpy as np

from tests.support.console_phone import ConsolePhone
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.tones import Pcm
from tests.support.waiting import eventually

__all__ = ["Linphone"]

_RATE_HZ: Final = 48_000  # of Opus, which Linphone prefers; it records at the codec's rate
_WAV_HEADER_BYTES: Final = 44
_CONFIG: Final = """\
[sip]
sip_port={udp_port}
sip_tcp_port=-1
sip_tls_port=-1
contact="Linphone" <sip:linphone@{address}>
media_encryption={media_encryption}
media_encryption_mandatory={mandatory}
support_capability_negotiations={negotiates}
capability_negotiations_reinvite=0
root_ca={root_ca}
verify_server_cn=0
[net]
firewall_policy={ice}
[rtp]
audio_rtp_port={rtp_port}
rtcp_mux={multiplexed}
[sound]
echocancellation=0
"""
_ICE, _NO_ICE = 3, 0
_ESTABLISHED: Final = "Media streams established"


class Linphone(ConsolePhone):
    """One phone."""

    def __init__(
        self,
        directory: Path,
        microphone: Path,
        *,
        media_encryption: str = "none",
        optional: bool = False,
        root_ca: Path | None = None,
    ) -> None:
        """``microphone``: a wav file; ``media_encryption``: none, srtp or dtls; ``optional``: offered with
        plain audio in one description (RFC 5939); ``root_ca`` signs the server's certificate."""
        directory.mkdir(parents=True)
        (directory / ".local/share/linphone").mkdir(parents=True)
        self._ear = directory / "ear.wav"
        encrypts = media_encryption != "none"
        config = _CONFIG.format(
            address=ADDRESS,
            udp_port=free_port(ADDRESS),
            rtp_port=free_port(ADDRESS),
            media_encryption=media_encryption,
            mandatory=int(encrypts and not optional),
            negotiates=int(optional),
            multiplexed=int(encrypts),
            ice=_ICE if media_encryption == "dtls" else _NO_ICE,
            root_ca=root_ca or "",
        )
        (directory / "linphonerc").write_text(config)
        super().__init__(
            directory,
            "linphonec",
            "-c",
            "linphonerc",
            package="linphone-cli",
            environment={**os.environ, "HOME": str(directory)},
        )
        self.command("soundcard use files")
        self.command("play ../microphone.wav")
        self.command("record ear.wav")
        self.wait_for_log("record ", what="Linphone reads its commands")

    def register(self, identity: str, proxy: str, password: str) -> None:
        """Register, and wait until the registrar has accepted it."""
        self.command(f"register {identity} {proxy} {password}")
        eventually(self._is_registered, timeout_s=15, what=f"the registration; log: {self.log[-800:]}")

    def dial(self, uri: str) -> None:
        """Call, and wait until audio flows."""
        self.command(f"call {uri}")
        self.wait_for_log(_ESTABLISHED, what=f"{uri} answers")

    def pick_up(self) -> None:
        """Answer the next call."""
        self.wait_for_log("Receiving new incoming call", what="the phone rings")
        self.command("answer")

    def press(self, digits: str) -> None:
        """Send digits by RFC 4733."""
        self.command(digits)

    def hold(self) -> None:
        self.command("pause")
        self.wait_for_log("is now paused", what="the hold is answered")

    def resume(self) -> None:
        self.command_and_wait("resume", _ESTABLISHED, what="the resumption is answered")

    def transfer(self, uri: str) -> None:
        """Refer the far end to ``uri``."""
        self.command(f"transfer {uri}")

    def consult(self, uri: str) -> None:
        """Hold the first call and make a second one; wait until its audio flows."""
        self.hold()
        self.command_and_wait(f"call {uri}", _ESTABLISHED, what=f"{uri} answers")

    def transfer_to_consulted(self) -> None:
        """Refer the far end of the first call to that of the second, whose call it replaces (RFC 3891)."""
        self.command("transfer 1 --to-call 2")

    def hang_up(self) -> None:
        self.command("terminate")

    def ear(self) -> tuple[Pcm, int]:
        """Return what the phone has played so far; the header of its file is written at the end of the call."""
        raw = self._ear.read_bytes()[_WAV_HEADER_BYTES:]
        return np.frombuffer(raw[: len(raw) // 2 * 2], np.int16), _RATE_HZ

    def _is_registered(self) -> bool:
        self.command("status register")
        return "registered, identity=" in self.log.replace("\n", "")
