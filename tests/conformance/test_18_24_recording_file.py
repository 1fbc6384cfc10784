"""24: a stopped recording is a mono 16-bit WAV file of the elapsed time with all participants in it."""

import io
import time
import wave
from contextlib import ExitStack

import numpy as np

from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, heard, loudest_stretch, tone
from tests.support.waiting import eventually, play_for

NIL = "00000000-0000-0000-0000-000000000000"
PHONES = 3
RECORDED_S = 8.0
LENGTH_TOLERANCE = 0.02
AUDIBLE_DB = -45.0


def test_18_24_recording_contains_all_participants_and_the_elapsed_time(server: Server) -> None:
    room = server.new_room()
    with ExitStack() as stack:
        for frequency_hz in TONES_HZ[:PHONES]:
            phone = stack.enter_context(RawPhone())
            phone.dial((server.host, server.sip_port), room)
            phone.talk(tone(frequency_hz, 1.0, sample_rate_hz=8000))
        server.wait_for_participants(room, PHONES)
        recording = server.call("POST", f"/conferences/{room}/recording_start").json["recording_id"]
        begin = time.monotonic()
        play_for(RECORDED_S)
        stopped = server.call("POST", f"/conferences/{room}/recording_stop").json
        wall_s = time.monotonic() - begin
    assert (stopped["recording_id"], stopped["recording_ids"]) == (NIL, [recording])
    eventually(
        lambda: server.call("GET", f"/recordings/{recording}").json["status"] == "ended",
        what="the recording ends",
    )
    with wave.open(io.BytesIO(server.call("GET", f"/recordingfiles/{recording}").body)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getcomptype()) == (1, 2, "NONE")
        rate = file.getframerate()
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert abs(len(pcm) / rate - wall_s) < LENGTH_TOLERANCE * wall_s
    levels = heard(loudest_stretch(pcm, rate, 2.0), rate, TONES_HZ[:PHONES])
    assert min(levels.values()) > AUDIBLE_DB, levels
