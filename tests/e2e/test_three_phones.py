"""Three phones with three codecs: each hears the other two and not itself."""

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import play_for

CODECS = ("G722/16000/1", "PCMU/8000/1", "PCMA/8000/1")


def test_each_phone_hears_the_others_and_not_itself(server: Server, phone: Ring) -> None:
    room = server.new_room()
    tones = TONES_HZ[:3]
    phones = [phone(tone_hz, codec=codec) for tone_hz, codec in zip(tones, CODECS, strict=True)]
    for each in phones:
        each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 3)
    play_for(4)
    for own_hz, each in zip(tones, phones, strict=True):
        assert_hears(each.ear(), tuple(hz for hz in tones if hz != own_hz), own_hz)
    for each in phones:
        each.hang_up()
    server.wait_for_participants(room, 0)


def test_phones_with_tcp_and_srtp_hear_each_other(server: Server, phone: Ring) -> None:
    room = server.new_room()
    over_tcp = phone(TONES_HZ[0], transport="tcp")
    encrypted = phone(TONES_HZ[1], media_encryption="srtp-mand")
    over_tcp.dial(server.sip_uri(room))
    encrypted.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(over_tcp.ear(), (TONES_HZ[1],), TONES_HZ[0])
    assert_hears(encrypted.ear(), (TONES_HZ[0],), TONES_HZ[1])


def test_unknown_room_is_404(server: Server, phone: Ring) -> None:
    lost = phone(TONES_HZ[0])
    lost.command("dial", server.sip_uri("no-such-room"))
    from_server = server.sip_uri("no-such-room")
    lost.wait_for_log("404", what=f"{from_server} is refused")
