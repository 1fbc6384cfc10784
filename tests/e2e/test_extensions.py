"""Registered phones: rung in parallel, connected to each other, and to an outside number."""

from typing import Any

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.logins import extension, login
from tests.support.baresip import Baresip
from tests.support.calling import action
from tests.support.named import number, trunk
from tests.support.netns import ADDRESS
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

A_HZ, B_HZ = TONES_HZ[1:3]
RINGING_HZ = 425.0


def registered(server: Server, phone: Ring, made: dict[str, Any], tone_hz: float, **settings: Any) -> Baresip:
    """Return a phone that has registered."""
    line = phone(tone_hz, login=login(server, made), **settings)
    line.wait_for_log("200 OK", what="the phone has registered")
    return line


def rings(phone: Baresip) -> None:
    phone.wait_for_log("Incoming call from", what="the phone rings")


def assert_they_talk(one: Baresip, other: Baresip) -> None:
    play_for(3)
    assert_hears(one.ear(), (B_HZ,), A_HZ)
    assert_hears(other.ear(), (A_HZ,), B_HZ)


def call_ends(server: Server, direction: str) -> tuple[str, str]:
    """Wait until the newest call of a direction has ended; return which side ended it, and why."""

    def look() -> dict[str, Any] | None:
        calls = server.call("GET", "/calls").json["result"]
        newest: dict[str, Any] = next(each for each in calls if each["direction"] == direction)
        return newest if newest["status"] == "hangup" else None

    over = eventually(look, what=f"the {direction} call is over") or {}
    return over["hangup_by"], over["hangup_reason"]


def test_both_phones_of_an_extension_ring_until_one_answers(md5_server: Server, phone: Ring) -> None:
    made, room = extension(md5_server, "3001"), md5_server.new_room()
    fixed, mobile = (registered(md5_server, phone, made, hz) for hz in (A_HZ, B_HZ))
    listener = phone(TONES_HZ[3])
    listener.dial(md5_server.sip_uri(room))
    placed = md5_server.call(
        "POST",
        "/calls",
        {
            "destinations": [{"type": "extension", "target_name": "3001"}],
            "actions": [{"type": "conference_join", "option": {"conference_id": room}}],
        },
    ).json
    (group,) = placed["groupcalls"]
    assert (placed["calls"], len(group["call_ids"])) == ([], 2)
    for each in (fixed, mobile):
        rings(each)
    mobile.pick_up()
    md5_server.wait_for_participants(room, 2)
    eventually(lambda: fixed.ended, what="the other phone stops ringing")
    play_for(3)
    assert_hears(listener.ear(), (B_HZ,), TONES_HZ[3])
    assert not mobile.ended

    def ends() -> set[tuple[str, str, str]]:
        calls = [md5_server.call("GET", f"/calls/{id_}").json for id_ in group["call_ids"]]
        return {(call["status"], call["hangup_by"], call["hangup_reason"]) for call in calls}

    eventually(
        lambda: ends() == {("progressing", "", ""), ("hangup", "local", "cancel")},
        what="one call is cancelled, the other continues",
    )


def test_phone_dials_another_and_either_ends_both_calls(md5_server: Server, phone: Ring) -> None:
    lines = [extension(md5_server, name) for name in ("3002", "3003")]
    caller = registered(md5_server, phone, lines[0], A_HZ)
    called = registered(md5_server, phone, lines[1], B_HZ, answers=True)
    caller.dial("3003")
    assert_they_talk(caller, called)
    caller.hang_up()
    eventually(lambda: called.ended, what="the called phone is hung up")
    assert call_ends(md5_server, "incoming") == ("remote", "normal")
    assert call_ends(md5_server, "outgoing") == ("local", "normal")


def test_caller_answered_by_a_flow_hears_ringing_until_connected(md5_server: Server, phone: Ring) -> None:
    destination = {"type": "extension", "target_name": "3005"}
    actions = [action("answer"), action("connect", destinations=[destination])]
    uri = number(md5_server, "3100", *actions)
    called = registered(md5_server, phone, extension(md5_server, "3005"), B_HZ)
    caller = phone(A_HZ)
    caller.dial(uri)
    rings(called)
    play_for(3)
    assert_hears(caller.ear(), (RINGING_HZ,), A_HZ, stretch_s=0.5)
    called.pick_up()
    called.wait_for_log("Call established", what="the call is answered")
    assert_they_talk(caller, called)


def test_phone_dials_an_outside_number_through_the_trunk(md5_server: Server, phone: Ring) -> None:
    outside = phone(B_HZ, login=f"<sip:+15550199@{ADDRESS}>;regint=0")
    allowed = {"auth_types": ["ip"], "allowed_ips": ["192.0.2.1"]}
    trunk(md5_server, "carrier", outbound_host=outside.host, **allowed)
    caller = registered(md5_server, phone, extension(md5_server, "3004"), A_HZ)
    caller.command("dial", "+15550199")
    rings(outside)
    outside.pick_up()
    caller.wait_for_log("Call established", what="the caller is connected")
    assert_they_talk(caller, outside)
    outside.hang_up()
    eventually(lambda: caller.ended, what="the caller is hung up")
    assert call_ends(md5_server, "outgoing") == ("remote", "normal")
    assert call_ends(md5_server, "incoming") == ("local", "normal")
