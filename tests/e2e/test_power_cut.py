"""A killed server: what was recorded is readable, what was promised is kept."""

import io
import wave
from pathlib import Path

from tests.e2e.conftest import Ring
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

RECORDED_S = 4.0
LOSS_S = 1.0


def test_a_recording_survives_the_servers_death_to_its_last_second(tmp_path: Path, phone: Ring) -> None:
    with Server(tmp_path) as server:
        room = server.new_room()
        each = phone(TONES_HZ[0])
        each.dial(server.sip_uri(room))
        server.wait_for_participants(room, 1)
        recording = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
        play_for(RECORDED_S)
        server.kill()
        server.start()
        eventually(
            lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended", what="repaired"
        )
        answer = server.call("GET", f"/recordingfiles/{recording}")
        with wave.open(io.BytesIO(answer.body)) as source:
            assert source.getnframes() / source.getframerate() >= RECORDED_S - LOSS_S
        after = server.room(room)
        assert (after["status"], after["conferencecall_ids"], after["recording_ids"]) == (
            "progressing",
            [],
            [recording],
        )
