"""SRTP that is optional: a real phone that offers it by capability negotiation."""

from pathlib import Path

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.capture import Capture
from tests.support.linphone import Linphone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import play_for

PHONE_HZ, OTHER_HZ = TONES_HZ[:2]


def test_linphone_that_offers_both_gets_srtp(server: Server, phone: Ring, tmp_path: Path) -> None:
    """Its INVITE has `RTP/AVP` with `a=tcap`, `a=acap` and `a=pcfg` (RFC 5939)."""
    microphone = write_wav(tmp_path / "microphone.wav", tone(PHONE_HZ, 60))
    room = server.new_room()
    other = phone(OTHER_HZ)
    other.dial(server.sip_uri(room))
    linphone = Linphone(tmp_path / "linphone", microphone, media_encryption="srtp", optional=True)
    with Capture() as capture, linphone as softphone:
        softphone.dial(server.sip_uri(room))
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(softphone.ear(), (OTHER_HZ,), PHONE_HZ)
        assert_hears(other.ear(), (PHONE_HZ,), OTHER_HZ)
        softphone.hang_up()
        server.wait_for_participants(room, 1)
    texts = [each.payload for each in capture.packets]
    assert any(each.startswith(b"INVITE") and b"a=pcfg:1" in each for each in texts)
    assert any(b"a=acfg:1" in each and b"RTP/SAVP" in each for each in texts)
