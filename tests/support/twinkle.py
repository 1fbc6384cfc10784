"""A softphone of another project: Twinkle's console program, with a sound card of its own."""

from pathlib import Path
from typing import Final, NamedTuple

from tests.support.console_phone import ConsolePhone
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.sound_card import SoundCard
from tests.support.tones import Pcm

__all__ = ["Login", "Twinkle"]

_NO_LOGIN_NAME: Final = "twinkle"
_SYSTEM: Final = """\
dev_ringtone=alsa:default
dev_speaker=alsa:default
dev_mic=alsa:default
validate_audio_dev=no
play_ringtone=no
play_ringback=no
sip_port={sip_port}
rtp_port={rtp_port}
start_user_profile=phone
"""
_USER: Final = """\
user_name={name}
user_domain={domain}
sip_transport=udp
pres_publish_startup=no
mwi_sollicited=no
ask_user_to_refer=no
"""
_LOGIN: Final = """\
auth_name={name}
auth_pass={password}
outbound_proxy={proxy}
registrar={proxy}
"""


class Login(NamedTuple):
    """An account; ``proxy`` is a host and a port."""

    name: str
    domain: str
    password: str
    proxy: str


class Twinkle(ConsolePhone):
    """One phone with two lines."""

    def __init__(self, directory: Path, microphone: Path, *, login: Login | None = None) -> None:
        """``microphone``: a wav file. With a login the phone registers."""
        self._card = SoundCard(directory, microphone)
        folder = directory / ".twinkle"
        folder.mkdir()
        ports = {"sip_port": free_port(ADDRESS), "rtp_port": free_port(ADDRESS)}
        (folder / "twinkle.sys").write_text(_SYSTEM.format(**ports))
        user = _USER.format(
            name=login.name if login else _NO_LOGIN_NAME, domain=login.domain if login else ADDRESS
        )
        (folder / "phone.cfg").write_text(user + (_LOGIN.format(**login._asdict()) if login else ""))
        super().__init__(
            directory, "twinkle-console", package="twinkle-console", environment=self._card.environment
        )
        self.wait_for_log("Twinkle> ", what="Twinkle reads its commands")
        if login:
            self.command("register")
            self.wait_for_log("registration succeeded", what="the registration")

    def dial(self, uri: str) -> None:
        """Call, and wait for the answer."""
        self.command(f"call {uri}")
        self.wait_for_log("far end answered call", what=f"{uri} answers")

    def pick_up(self) -> None:
        """Answer the next call."""
        self.wait_for_log("incoming call", what="the phone rings")
        self.command("answer")
        self.wait_for_log("call established", what="the call is answered")

    def press(self, digits: str) -> None:
        """Send digits by RFC 4733."""
        self.command(f"dtmf {digits}")

    def hold(self) -> None:
        self._renegotiate("hold")

    def resume(self) -> None:
        self._renegotiate("retrieve")

    def transfer(self, uri: str) -> None:
        """Refer the far end to ``uri``."""
        self.command(f"transfer {uri}")

    def consult(self, uri: str) -> None:
        """Hold the call and call ``uri`` on the second line."""
        self.command(f"transfer -c {uri}")
        self.wait_for_log("Line 2: far end answered call", what=f"{uri} answers")

    def transfer_to_consulted(self) -> None:
        """Refer the far end of the held call to the consulted party, whose call it replaces (RFC 3891)."""
        self.command("transfer -c")

    def hang_up(self) -> None:
        self.command("bye")

    def ear(self) -> tuple[Pcm, int]:
        """Return what the phone has played so far."""
        return self._card.ear()

    def close(self) -> None:
        """End the phone and its sound card; closing twice is harmless."""
        super().close()
        self._card.close()

    def _renegotiate(self, command: str) -> None:
        self.command_and_wait(command, "re-INVITE successful", what=f"{command} is answered")
