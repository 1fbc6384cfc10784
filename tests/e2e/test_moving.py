"""Participants are moved to another room: phones and a browser, by one RTP stream each and without a re-INVITE."""

import asyncio

import numpy as np

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.test_browser import BROWSER_RATE_HZ, over_http
from tests.e2e.test_recording import download
from tests.support.aiortc_client import AiortcClient
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, heard, tone
from tests.support.waiting import eventually, play_for

MOVED_HZ, OLD_HZ, NEW_HZ = TONES_HZ[:3]
# Silent is 40 dB below a tone: mu-law and a late packet on a busy machine leave some noise.
AUDIBLE_DB, SILENT_DB = -45.0, -55.0
MAX_GAP_S = 0.1


def levels(phone: RawPhone) -> dict[float, float]:
    return heard(phone.heard(1.0), 8000, (MOVED_HZ, OLD_HZ, NEW_HZ))


def move(server: Server, participant: str, room: str) -> str:
    """Move a participant, and return the one that it is in the other room."""
    answer = server.call("POST", f"/conferencecalls/{participant}/move", {"conference_id": room})
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def test_moved_phone_hears_only_the_new_room_without_a_gap_or_a_request(server: Server) -> None:
    old, new = server.new_room(), server.new_room()
    with RawPhone() as moved, RawPhone() as stays, RawPhone() as waits:
        for phone, hz, room in ((moved, MOVED_HZ, old), (stays, OLD_HZ, old), (waits, NEW_HZ, new)):
            phone.dial((ADDRESS, server.sip_port), room)
            phone.talk(tone(hz, 2.0, sample_rate_hz=8000))
        first, _ = server.wait_for_participants(old, 2)
        server.wait_for_participants(new, 1)
        recordings = [
            server.call("POST", f"/conferences/{room}/recording_start", {"stems": True}).json["recording_id"]
            for room in (old, new)
        ]
        play_for(2.0)
        before = levels(moved)
        assert before[OLD_HZ] > AUDIBLE_DB and before[NEW_HZ] < SILENT_DB and before[MOVED_HZ] < SILENT_DB
        begun = len(moved.arrivals)
        again = move(server, first, new)
        eventually(
            lambda: server.call("GET", f"/conferencecalls/{again}").json["status"] == "joined", what="joined"
        )
        play_for(2.0)
        after = levels(moved)
        assert after[NEW_HZ] > AUDIBLE_DB and after[OLD_HZ] < SILENT_DB and after[MOVED_HZ] < SILENT_DB
        assert levels(waits)[MOVED_HZ] > AUDIBLE_DB
        assert levels(stays)[MOVED_HZ] < SILENT_DB
        packets = list(moved.arrivals[begun - 5 :])
        gaps = np.diff([each.at_s for each in packets])
        assert max(gaps) < MAX_GAP_S, sorted(gaps)[-3:]
        steps = np.diff([each.sequence_number for each in packets]) % 65536
        assert set(steps) == {1}, "one stream, and no packet is left out"
        assert [phone.requests() for phone in (moved, stays, waits)] == [[], [], []]
        for room in (old, new):
            server.call("POST", f"/conferences/{room}/recording_stop")
        of_old, of_new = (download(server, recording) for recording in recordings)
    for (pcm, rate), hz in ((of_old, OLD_HZ), (of_new, NEW_HZ)):
        in_first_second = heard(pcm[: rate * 3 // 2], rate, (MOVED_HZ, hz))
        in_last_second = heard(pcm[-rate:], rate, (MOVED_HZ, hz))
        assert in_first_second[hz] > AUDIBLE_DB and in_last_second[hz] > AUDIBLE_DB
        assert (in_first_second[MOVED_HZ] > AUDIBLE_DB) is (hz == OLD_HZ)
        assert (in_last_second[MOVED_HZ] > AUDIBLE_DB) is (hz == NEW_HZ)


async def test_a_browser_and_a_phone_are_moved_and_brought_back_by_a_breakout(
    server: Server, phone: Ring
) -> None:
    main = server.new_room()
    guest, host = phone(MOVED_HZ, codec="PCMU/8000/1"), phone(OLD_HZ, codec="PCMU/8000/1")
    for each in (guest, host):
        await asyncio.to_thread(each.dial, server.sip_uri(main))
    browser = AiortcClient(over_http(server, main), hz=NEW_HZ)
    await browser.join()
    first, _, third = await asyncio.to_thread(server.wait_for_participants, main, 3)
    body = {"groups": [{"name": "group work", "conferencecall_ids": [first, third]}]}
    answer = await asyncio.to_thread(server.call, "POST", f"/conferences/{main}/breakout", body)
    (made,) = answer.json["result"]
    assert (made["name"], len(made["conferencecalls"]), made["refused"]) == ("group work", 2, [])
    await asyncio.to_thread(server.wait_for_participants, made["conference_id"], 2)
    await asyncio.to_thread(server.wait_for_participants, main, 1)
    await asyncio.to_thread(play_for, 1.0)
    assert_hears((await browser.hear(2), BROWSER_RATE_HZ), (MOVED_HZ,), NEW_HZ)
    back = await asyncio.to_thread(server.call, "DELETE", f"/conferences/{main}/breakout")
    assert (back.status, back.json["result"][0]["refused"]) == (200, [])
    await asyncio.to_thread(server.wait_for_participants, main, 3)
    room = await asyncio.to_thread(server.room, made["conference_id"])
    assert room["status"] == "terminated"
    await asyncio.to_thread(play_for, 1.0)
    assert_hears((await browser.hear(2), BROWSER_RATE_HZ), (MOVED_HZ, OLD_HZ), NEW_HZ)
    await browser.leave()
