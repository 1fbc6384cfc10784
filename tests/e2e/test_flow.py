"""A real phone runs a flow: it is answered, asked for a digit, joined to a room, and hung up with a reason."""

from typing import Any

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.calling import action, mark, place
from tests.support.named import named
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

A_HZ, B_HZ = TONES_HZ[:2]


def newest(server: Server) -> dict[str, Any]:
    """Return the newest activeflow, or an empty one if there is none."""
    flows: list[dict[str, Any]] = server.call("GET", "/activeflows").json["result"]
    return flows[0] if flows else {"status": "", "current_action": {}}


def acts(server: Server, type_: str) -> None:
    eventually(lambda: newest(server)["current_action"].get("type") == type_, what=f"the flow does {type_}")


def test_phone_enters_a_room_by_digits_and_is_hung_up_after_it(server: Server, phone: Ring) -> None:
    room = server.new_room()
    listener = phone(B_HZ)
    listener.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    flow = server.call(
        "POST",
        "/flows",
        {
            "actions": [
                action("answer"),
                action("digits_receive", key="#", duration=30_000),
                action("branch", default_target_id=place("wrong"), target_ids={"7#": place("right")}),
                {**mark("wrong"), "next_id": place("end")},
                action("sleep", id="right", duration=200),
                action("conference_join", conference_id=room),
                mark("back"),
                action("hangup", id="end", reason="busy"),
            ]
        },
    ).json["id"]
    named(server, "/numbers", "number", number="7001", call_flow_id=flow)
    caller = phone(A_HZ)
    caller.dial(server.sip_uri("7001"))
    acts(server, "digits_receive")
    for key in "7#":
        caller.command("sndcode", key)
    _, joined = server.wait_for_participants(room, 2)
    play_for(2.5)
    assert_hears(listener.ear(), (A_HZ,), B_HZ)
    assert server.call("DELETE", f"/conferencecalls/{joined}").status == 200
    eventually(lambda: caller.ended, what="the phone is hung up")
    eventually(lambda: newest(server)["status"] == "ended", what="the flow is over")
    done = newest(server)
    assert done["flow_id"] == flow
    assert [
        each["type"] for each in done["executed_actions"] if each["type"] not in ("answer", "conference_join")
    ] == [
        "digits_receive",
        "branch",
        "sleep",
        "variable_set",
    ]
    call = server.call("GET", f"/calls/{done['reference_id']}").json
    assert (call["status"], call["hangup_by"], call["hangup_reason"]) == ("hangup", "local", "busy")
    assert call["activeflow_id"] == done["id"]
    server.wait_for_participants(room, 1)


def test_digits_are_sent_to_a_phone(server: Server, phone: Ring) -> None:
    send = action("digits_send", digits="42#", duration=120, interval=80)
    room = server.new_room(pre_actions=[action("sleep", duration=1000), send])
    caller = phone(A_HZ)
    caller.dial(server.sip_uri(room))
    for digit in "42#":
        caller.wait_for_log(f"received event: '{digit}'", what=f"the phone receives {digit}")
    server.wait_for_participants(room, 1)
