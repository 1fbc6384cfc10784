"""SRTP that is optional: real phones that offer it by capability negotiation, that do not have it, that must have it."""

from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.test_encryption import PCMU, level, sent
from tests.support.capture import Capture
from tests.support.linphone import Linphone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import play_for

PHONE_HZ, OTHER_HZ = TONES_HZ[:2]


@pytest.mark.parametrize(
    ("media_encryption", "protocol"), [("srtp", b"RTP/SAVP"), ("dtls", b"UDP/TLS/RTP/SAVP")]
)
def test_linphone_that_offers_both_gets_srtp(
    server: Server, phone: Ring, tmp_path: Path, media_encryption: str, protocol: bytes
) -> None:
    """Its INVITE has `RTP/AVP` with `a=tcap`, `a=acap` and `a=pcfg` (RFC 5939)."""
    microphone = write_wav(tmp_path / "microphone.wav", tone(PHONE_HZ, 60))
    room = server.new_room()
    other = phone(OTHER_HZ)
    other.dial(server.sip_uri(room))
    linphone = Linphone(tmp_path / "linphone", microphone, media_encryption=media_encryption, optional=True)
    with Capture() as capture, linphone as softphone:
        softphone.dial(server.sip_uri(room))
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(softphone.ear(), (OTHER_HZ,), PHONE_HZ)
        assert_hears(other.ear(), (PHONE_HZ,), OTHER_HZ)
        softphone.hang_up()
        server.wait_for_participants(room, 1)
    texts = [each.payload for each in capture.packets]
    assert any(each.startswith(b"INVITE") and b"a=pcfg:" in each for each in texts)
    assert any(b"a=acfg:" in each and b" " + protocol in each for each in texts)


@pytest.mark.parametrize("media_encryption", ["", "srtp-mand"])
def test_baresip_is_called_with_optional_srtp(md5_server: Server, phone: Ring, media_encryption: str) -> None:
    assert md5_server.call("PUT", "/customer", {"srtp": "optional"}).json["srtp"] == "optional"
    room = md5_server.new_room()
    listener = phone(OTHER_HZ, codec=PCMU)
    listener.dial(md5_server.sip_uri(room))
    called = phone(PHONE_HZ, codec=PCMU, media_encryption=media_encryption, answers=True)
    join = {"type": "conference_join", "option": {"conference_id": room}}
    body = {"destinations": [{"type": "sip", "target": called.uri}], "actions": [join]}
    try:
        with Capture() as capture:
            assert md5_server.call("POST", "/calls", body).status == 200
            md5_server.wait_for_participants(room, 2)
            play_for(3)
            assert_hears(called.ear(), (OTHER_HZ,), PHONE_HZ)
            assert_hears(listener.ear(), (PHONE_HZ,), OTHER_HZ)
            called.hang_up()
            md5_server.wait_for_participants(room, 1)
        plain = level(sent(capture, called), PHONE_HZ)
        assert plain < -28 if media_encryption else plain > -20
    finally:
        assert md5_server.call("PUT", "/customer", {"srtp": ""}).status == 200
