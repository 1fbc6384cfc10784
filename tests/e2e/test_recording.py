"""Recordings contain all tones, last as long as the clock says, and add up sample by sample."""

import io
import time
import wave
from datetime import datetime

import numpy as np

from tests.e2e.conftest import Ring
from tests.support.server import Server
from tests.support.tones import TONES_HZ, Pcm, heard, loudest_stretch, read_wav
from tests.support.waiting import eventually, play_for

FRAME_S = 0.02


def download(server: Server, recording: str) -> tuple[Pcm, int]:
    eventually(
        lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended",
        what="recording ended",
    )
    answer = server.call("GET", f"/recordingfiles/{recording}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.body)) as source:
        assert (source.getnchannels(), source.getsampwidth()) == (1, 2)
        return np.frombuffer(source.readframes(source.getnframes()), np.int16), source.getframerate()


def test_recording_has_every_tone_and_the_elapsed_time(server: Server, phone: Ring) -> None:
    room = server.new_room()
    started = server.call("POST", f"/conferences/{room}/recording_start").json
    begin = time.monotonic()
    recording = started["recording_id"]
    assert started["recording_ids"] == [recording]
    phones = [phone(tone_hz) for tone_hz in TONES_HZ[:3]]
    for each in phones:
        each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 3)
    play_for(4)
    assert server.call("POST", f"/conferences/{room}/recording_start").status == 409
    stopped = server.call("POST", f"/conferences/{room}/recording_stop").json
    wall_s = time.monotonic() - begin
    assert stopped["recording_id"] == "00000000-0000-0000-0000-000000000000"
    pcm, rate = download(server, recording)
    levels = heard(loudest_stretch(pcm, rate, 2), rate, TONES_HZ[:3])
    assert min(levels.values()) > -45, levels
    # The room's clock and this one may differ by the duration of the two requests.
    assert abs(len(pcm) / rate - wall_s) < 0.25
    row = server.call("GET", f"/recordings/{recording}").json
    written_s = (
        datetime.fromisoformat(row["tm_end"]) - datetime.fromisoformat(row["tm_start"])
    ).total_seconds()
    assert abs(len(pcm) / rate - written_s) <= FRAME_S
    assert np.all(pcm[: int(0.1 * rate)] == 0), "the silence before the first participant is in the file"


def test_stems_add_up_to_the_mix(server: Server, phone: Ring) -> None:
    room = server.new_room()
    recording = server.call("POST", f"/conferences/{room}/recording_start", {"stems": True}).json[
        "recording_id"
    ]
    phones = [
        phone(tone_hz, codec=codec)
        for tone_hz, codec in zip(TONES_HZ, ("PCMU/8000/1", "G722/16000/1"), strict=False)
    ]
    for each in phones:
        each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    play_for(2)
    phones[0].hang_up()
    server.wait_for_participants(room, 1)
    server.call("POST", f"/conferences/{room}/recording_stop")
    mix, _ = download(server, recording)
    folder = server.directory / "data" / "recordings"
    stems = [read_wav(path)[0].astype(np.int32) for path in (folder / recording).glob("port-*.wav")]
    assert len(stems) == len(phones)
    total = sum(np.pad(stem, (0, len(mix) - len(stem))) for stem in stems)
    assert np.abs(mix).max() > 5000
    assert np.array_equal(total, mix)
