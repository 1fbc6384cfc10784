"""GStreamer joins by WHIP: its own webrtcbin, ICE (libnice), DTLS and RFC 4733."""

from pathlib import Path

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.support.gstreamer import Gstreamer
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import play_for

PHONE_HZ, PEER_HZ = TONES_HZ[:2]


def test_gstreamer_is_heard_and_hears_is_held_presses_keys_and_leaves(
    server: Server, phone: Ring, tmp_path: Path
) -> None:
    room = server.new_room(dtmf_menu={"*6": "mute"})
    each = phone(PHONE_HZ)
    each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    url = f"{server.url}/v1.0/conferences/{room}/whip"
    with Gstreamer(tmp_path / "gstreamer", url, token=ACCESS_KEY, hz=PEER_HZ) as peer:
        _, joined = server.wait_for_participants(room, 2, timeout_s=20)
        play_for(3)
        assert_hears(each.ear(), (PEER_HZ,), PHONE_HZ)
        assert_hears(peer.ear(), (PHONE_HZ,), PEER_HZ)

        call = server.call("GET", f"/conferencecalls/{joined}").json["reference_id"]
        assert server.call("POST", f"/calls/{call}/hold").status == 200
        play_for(1.5)
        assert_silent(each.ear(), (PEER_HZ,), last_s=1.0)
        assert_silent(peer.ear(), (PHONE_HZ,), last_s=1.0)
        assert server.call("DELETE", f"/calls/{call}/hold").status == 200
        play_for(1.5)
        assert_hears(newest(each.ear(), 1), (PEER_HZ,), PHONE_HZ, stretch_s=0.5)

        peer.press("*6")
        play_for(2.5)
        assert_silent(each.ear(), (PEER_HZ,), last_s=1.0)
        peer.press("*6")
        play_for(2.5)
        assert_hears(newest(each.ear(), 1), (PEER_HZ,), PHONE_HZ, stretch_s=0.5)
        assert peer.leave() == 0, peer.log
    server.wait_for_participants(room, 1, timeout_s=3)
    play_for(1.5)
    assert_silent(each.ear(), (PEER_HZ,), last_s=1.0)
