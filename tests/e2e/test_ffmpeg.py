"""FFmpeg joins by WHIP: its own muxer, its own ICE and DTLS."""

from pathlib import Path

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent
from tests.support.ffmpeg_encoder import FfmpegEncoder
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import play_for

PHONE_HZ, ENCODER_HZ = TONES_HZ[:2]


def test_ffmpeg_joins_is_heard_and_leaves(server: Server, phone: Ring, tmp_path: Path) -> None:
    room = server.new_room()
    each = phone(PHONE_HZ)
    each.dial(server.sip_uri(room))
    url = f"{server.url}/v1.0/conferences/{room}/whip"
    with FfmpegEncoder(tmp_path / "ffmpeg", url, token=ACCESS_KEY, hz=ENCODER_HZ):
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(each.ear(), (ENCODER_HZ,), PHONE_HZ)
    server.wait_for_participants(room, 1, timeout_s=3)
    play_for(1.5)
    assert_silent(each.ear(), (ENCODER_HZ,), last_s=1.0)
