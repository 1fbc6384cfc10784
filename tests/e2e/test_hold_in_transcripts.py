"""Linphone holds its call and plays a recorded voice into it: nothing of that is transcribed, or counts as talk."""

import re
from functools import partial
from pathlib import Path

import av
import numpy as np

from mixminus.speech.synthesis.engine import resampled
from tests.e2e.test_transcript import NARROW_PHONE, PATIENCE_S, PHONE_RATE_HZ, WIDE_PHONE, said
from tests.support.capture import Capture, Packet
from tests.support.linphone import Linphone
from tests.support.netns import ADDRESS
from tests.support.prompts import NARROW, WIDE
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import Pcm, write_wav
from tests.support.waiting import eventually

REPEATED = 20
RTP_HEADER_BYTES = 12
AUDIBLE = 300
"""RMS of 16-bit samples; speech has a thousand, and the noise of an encoder that gets silence a few."""


def decoded(packets: list[Packet]) -> Pcm:
    """Return what the Opus packets of one RTP stream carry."""
    decoder = av.CodecContext.create("libopus", "r")
    frames = [
        frame for each in packets for frame in decoder.decode(av.Packet(each.payload[RTP_HEADER_BYTES:]))
    ]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


def starts(server: Server, transcribe: str, who: str) -> list[float]:
    """Return when the transcribed utterances of a participant began, in seconds of the transcription."""
    found = server.call("GET", f"/transcripts?transcribe_id={transcribe}").json["result"]
    return sorted(each["start_s"] for each in found if each["conferencecall_id"] == who)


def assert_sounds(packets: list[Packet], folder: Path, at_least_s: float) -> None:
    """Assert that Linphone has sent this much audible sound."""
    settings = (folder / "linphonerc").read_text()
    rtp_port = int(re.findall(r"audio_rtp_port=(\d+)", settings)[0])
    music = decoded([each for each in packets if each.source_port == rtp_port])
    assert len(music) > at_least_s * PHONE_RATE_HZ
    assert np.sqrt(np.mean(music.astype(float) ** 2)) > AUDIBLE, "Linphone plays its voice while it holds"


def test_voice_of_a_phone_on_hold_is_not_transcribed(server: Server, tmp_path: Path) -> None:
    room = server.new_room()
    started = server.call("POST", f"/conferences/{room}/transcribe_start", {"language": "en-US"})
    spoken = partial(starts, server, started.json["transcribe_id"])
    voice, other_voice = said(WIDE_PHONE, WIDE), said(NARROW_PHONE, NARROW)
    period_s = len(voice.pcm) / WIDE
    repeated = np.tile(resampled(voice.pcm, WIDE, PHONE_RATE_HZ), REPEATED)
    microphone = write_wav(tmp_path / "microphone.wav", repeated)
    with Linphone(tmp_path / "linphone", microphone) as phone, RawPhone() as other, Capture() as capture:
        phone.dial(server.sip_uri(room))
        (held,) = server.wait_for_participants(room, 1)

        def shown(flag: str) -> bool:
            return bool(server.call("GET", f"/conferencecalls/{held}").json[flag])

        def held_for_two_periods() -> bool:
            assert not shown("talking"), "the voice of a phone on hold counts as talk"
            found = spoken(second)
            return bool(found) and found[-1] - found[0] > 2 * period_s

        eventually(
            lambda: spoken(held), timeout_s=PATIENCE_S, what="its voice is transcribed before the hold"
        )
        phone.hold()
        eventually(lambda: shown("on_hold") and not shown("talking"), what="it is on hold, and silent")
        first_packet = len(capture.packets)
        other.dial((ADDRESS, server.sip_port), room)
        other.talk(other_voice.pcm)
        second = next(each for each in server.wait_for_participants(room, 2) if each != held)
        eventually(held_for_two_periods, timeout_s=PATIENCE_S, what="the other one is transcribed meanwhile")
        sent = capture.packets[first_packet:]
        begin, *_, end = spoken(second)
        phone.resume()
        eventually(
            lambda: spoken(held)[-1] > end, timeout_s=PATIENCE_S, what="its voice is transcribed again"
        )
        phone.hang_up()
    assert not [each for each in spoken(held) if begin <= each <= end]
    assert_sounds(sent, tmp_path / "linphone", 2 * period_s)
