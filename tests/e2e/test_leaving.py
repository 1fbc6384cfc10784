"""Mute, kick, hold, hang up and media timeout, with real phones."""

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.support.baresip import Baresip
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import eventually, play_for

A_HZ, B_HZ = TONES_HZ[:2]


def two_in_a_room(server: Server, phone: Ring) -> tuple[str, Baresip, Baresip]:
    room = server.new_room()
    first, second = phone(A_HZ), phone(B_HZ)
    for number, each in enumerate((first, second), start=1):
        each.dial(server.sip_uri(room))
        server.wait_for_participants(room, number)
    return room, first, second


def call_of(server: Server, participant: str) -> str:
    call_id: str = server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
    return call_id


def test_mute_in_silences_a_participant_for_the_others_only(server: Server, phone: Ring) -> None:
    room, first, second = two_in_a_room(server, phone)
    call = call_of(server, server.participants(room)[0])
    assert server.call("POST", f"/calls/{call}/mute", {"direction": "in"}).status == 200
    play_for(2.5)
    assert_silent(second.ear(), (A_HZ,), last_s=1.0)
    assert_hears(first.ear(), (B_HZ,), A_HZ)
    assert server.call("GET", f"/calls/{call}").json["mute_direction"] == "in"
    assert server.call("DELETE", f"/calls/{call}/mute", {"direction": "in"}).status == 200
    play_for(2.5)
    assert_hears(newest(second.ear(), 1.5), (A_HZ,), B_HZ)


def test_mute_out_silences_the_others_for_a_participant(server: Server, phone: Ring) -> None:
    room, first, second = two_in_a_room(server, phone)
    call = call_of(server, server.participants(room)[0])
    assert server.call("POST", f"/calls/{call}/mute", {"direction": "out"}).status == 200
    play_for(2.5)
    assert_silent(first.ear(), (A_HZ, B_HZ), last_s=1.0)
    assert_hears(newest(second.ear(), 1.5), (A_HZ,), B_HZ)


def test_kick_ends_the_participant_and_then_the_call(server: Server, phone: Ring) -> None:
    room, first, _ = two_in_a_room(server, phone)
    participant = server.participants(room)[0]
    kicked = server.call("DELETE", f"/conferencecalls/{participant}")
    assert (kicked.status, kicked.json["status"]) == (200, "leaving")
    eventually(lambda: first.ended, what="the kicked phone is hung up")
    assert server.call("GET", f"/conferencecalls/{participant}").json["status"] == "leaved"
    again = server.call("DELETE", f"/conferencecalls/{participant}")
    assert (again.status, again.json["error"]["reason"]) == (409, "STATE_INVALID")
    server.wait_for_participants(room, 1)


def test_hold_and_resume_from_a_phone(server: Server, phone: Ring) -> None:
    room, first, second = two_in_a_room(server, phone)
    first.hold()
    play_for(2.5)
    assert_silent(second.ear(), (A_HZ,), last_s=1.0)
    assert len(server.participants(room)) == 2
    first.resume()
    play_for(2.5)
    assert_hears(newest(second.ear(), 1.5), (A_HZ,), B_HZ)


def test_phone_on_hold_neither_hears_nor_is_heard(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as first, RawPhone() as second:
        for each, tone_hz in ((first, A_HZ), (second, B_HZ)):
            each.dial((server.host, server.sip_port), room)
            each.talk(tone(tone_hz, 4, sample_rate_hz=8000))
        server.wait_for_participants(room, 2)
        assert first.reoffer("inactive") == "inactive"
        play_for(1)
        held = len(first.arrivals)
        play_for(1.5)
        assert len(first.arrivals) == held, "nothing is sent to a phone on hold"
        assert_silent((second.heard(last_s=1), 8000), (A_HZ,), last_s=1.0)
        assert first.reoffer("sendrecv") == "sendrecv"
        play_for(2)
        assert_hears((first.heard(last_s=1.5), 8000), (B_HZ,), A_HZ)
        assert_hears((second.heard(last_s=1.5), 8000), (A_HZ,), B_HZ)


def test_bye_leaves_within_a_second(server: Server, phone: Ring) -> None:
    room, first, _ = two_in_a_room(server, phone)
    gone = server.participants(room)[0]
    first.hang_up()
    server.wait_for_participants(room, 1, timeout_s=2)
    assert server.call("GET", f"/conferencecalls/{gone}").json["status"] == "leaved"


def test_lost_connection_ends_in_a_media_timeout(phone: Ring, short_timeout_server: Server) -> None:
    room, first, _ = two_in_a_room(short_timeout_server, phone)
    first.pull_cable()
    short_timeout_server.wait_for_participants(room, 1, timeout_s=10)
