"""A server is killed while it records: the recordings stay readable and complete."""

import io
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.recording.steps import RATE, decoded, level
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

RECORDED_S = 4.0
LOSS_S = 1.0


@pytest.mark.parametrize(("format_", "channels"), [("wav", "mono"), ("ogg", "stereo"), ("mp3", "mono")])
def test_recording_survives_a_killed_server_up_to_the_last_second(
    tmp_path: Path, phone: Ring, format_: str, channels: str
) -> None:
    with Server(tmp_path) as server:
        room = server.new_room()
        each = phone(TONES_HZ[0])
        each.dial(server.sip_uri(room))
        server.wait_for_participants(room, 1)
        body = {"format": format_, "stems": True, "channels": channels}
        recording = server.call("POST", f"/conferences/{room}/recording_start", body).json["recording_id"]
        play_for(RECORDED_S)
        server.kill()
        server.start()
        eventually(
            lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended", what="repaired"
        )
        row = server.call("GET", f"/recordings/{recording}").json
        assert row["error"] == "repaired"
        assert len(row["files"]) == 2
        for file in row["files"]:
            answer = server.call("GET", f"/recordingfiles/{recording}?track={file['track']}")
            pcm = decoded(io.BytesIO(answer.body))
            assert pcm.shape[1] / RATE >= RECORDED_S - LOSS_S
            assert len(pcm) == (2 if (channels, file["track"]) == ("stereo", "mix") else 1)
            assert level(pcm[0][-2 * RATE :], TONES_HZ[0]) > 1000
        proof = server.call("GET", f"/recordings/{recording}/verification").json
        assert proof == {"intact": True, "findings": []}
        events = [each["type"] for each in server.call("GET", "/events").json["result"]]
        assert "recording_finished" in events
        after = server.room(room)
        assert (after["status"], after["conferencecall_ids"], after["recording_ids"]) == (
            "progressing",
            [],
            [recording],
        )
