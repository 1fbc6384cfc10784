"""A phone that holds its call and plays music: silent in the room's recording and in its own stem, for just that time."""

import numpy as np

from tests.e2e.test_recording import download
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, Pcm, heard, read_wav, tone
from tests.support.waiting import eventually, play_for

HELD_HZ, OTHER_HZ = TONES_HZ[:2]
AUDIBLE_DB, SILENT_DB = -45.0, -70.0
_PART_S = 2.0
# What a hold or its end may take to be heard: a request, a jitter buffer, a ramp.
_MARGIN_S = 0.6


def voice(hz: float) -> Pcm:
    return tone(hz, 2.0, sample_rate_hz=8000)


def levels(pcm: Pcm, rate: int, begin_s: float, end_s: float) -> dict[float, float]:
    part = pcm[int(begin_s * rate) : int(end_s * rate)]
    return heard(part, rate, (HELD_HZ, OTHER_HZ))


def test_what_a_phone_sends_on_hold_is_in_no_recording(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as held, RawPhone() as other:
        for phone, hz in ((held, HELD_HZ), (other, OTHER_HZ)):
            phone.dial((ADDRESS, server.sip_port), room)
            phone.talk(voice(hz))
        first, _ = server.wait_for_participants(room, 2)

        def on_hold() -> bool:
            return bool(server.call("GET", f"/conferencecalls/{first}").json["on_hold"])

        recording = server.call("POST", f"/conferences/{room}/recording_start", {"stems": True}).json[
            "recording_id"
        ]
        play_for(_PART_S)
        assert held.reoffer("sendonly") == "recvonly"
        eventually(on_hold, what="the participant is shown on hold")
        play_for(_PART_S + _MARGIN_S)
        assert held.reoffer("sendrecv") == "sendrecv"
        eventually(lambda: not on_hold(), what="the hold is over")
        play_for(_PART_S + _MARGIN_S)
        server.call("POST", f"/conferences/{room}/recording_stop")
    mix, rate = download(server, recording)
    folder = server.directory / "data" / "recordings" / recording
    stems = [read_wav(path)[0] for path in sorted(folder.glob("port-*.wav"))]
    of_held = max(stems, key=lambda stem: heard(stem, rate, (HELD_HZ,))[HELD_HZ])
    (of_other,) = [stem for stem in stems if stem is not of_held]

    end_s = len(mix) / rate
    before, after = (0.2, _PART_S - 0.2), (end_s - 1.5, end_s - 0.2)
    during = _silent_stretch(of_held, rate)
    assert during[1] - during[0] >= _PART_S, "the stem is silent while the phone plays music on hold"
    assert _PART_S - 0.2 < during[0] < _PART_S + 1.5
    for pcm in (mix, of_held):
        assert levels(pcm, rate, *before)[HELD_HZ] > AUDIBLE_DB
        assert levels(pcm, rate, *during)[HELD_HZ] < SILENT_DB
        assert levels(pcm, rate, *after)[HELD_HZ] > AUDIBLE_DB
    for begin_s, stop_s in (before, during, after):
        assert levels(of_other, rate, begin_s, stop_s)[OTHER_HZ] > AUDIBLE_DB
    total = sum(np.pad(stem.astype(np.int32), (0, len(mix) - len(stem))) for stem in stems)
    assert np.array_equal(total, mix), "stems add up to the mix"


def _silent_stretch(pcm: Pcm, rate: int) -> tuple[float, float]:
    """Return the longest stretch of exact silence, in seconds."""
    sounding = np.flatnonzero(np.concatenate(([1], pcm != 0, [1])))
    gaps = np.diff(sounding)
    longest = int(np.argmax(gaps))
    return sounding[longest] / rate, (sounding[longest] + gaps[longest] - 1) / rate
