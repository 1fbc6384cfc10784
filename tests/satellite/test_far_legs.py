"""What is done with one participant whose call is at another node than its room."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Ring, phone
from tests.e2e.test_sent_digits import events
from tests.satellite.conftest import PATIENCE_S, eventually
from tests.satellite.test_rooms_over_nodes import hears, order, patch, phones, wait_for
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.signals import rms
from tests.support.tones import TONES_HZ

__all__ = ["phone"]

pytestmark = pytest.mark.timeout(900)  # three servers start, on a machine that does much else
RELAYED = [(4, 800), (2, 800)]
LOUD, SILENT = 300.0, 30.0
TEXT = "This is said to one of you alone, and to nobody else who is in this room. " * 2


def loudness(phone: RawPhone) -> float:
    return rms(phone.heard(0.5)) if len(phone.arrivals) > 50 else 0.0


def ended(node: Server, playback: dict[str, Any]) -> Callable[[], bool]:
    def look() -> bool:
        return str(node.call("GET", f"/playbacks/{playback['id']}").json["status"]) == "finished"

    return look


def test_one_participant_at_another_node_is_spoken_to_alone(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    with RawPhone(patience_s=PATIENCE_S) as one, RawPhone(patience_s=PATIENCE_S) as two:
        for caller, node in ((one, nodes[1]), (two, nodes[2])):
            caller.dial((node.host, node.sip_port), room)
        first, _ = nodes[0].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        said = nodes[2].call("POST", f"/conferencecalls/{first}/talk", {"text": TEXT})
        assert said.status == 200, said.body
        eventually(lambda: loudness(one) > LOUD, what="the participant hears it")
        assert loudness(two) < SILENT
        eventually(ended(nodes[1], said.json), what="it is played to its end")
        again = nodes[0].call("POST", f"/conferencecalls/{first}/talk", {"text": TEXT})
        eventually(lambda: loudness(one) > LOUD, what="the participant hears it")
        stopped = nodes[2].call("POST", f"/playbacks/{again.json['id']}/stop")
        assert (stopped.status, stopped.json["status"]) == (200, "stopped")
        eventually(lambda: loudness(one) < SILENT, what="it is silent")
        failed = nodes[0].call("POST", f"/conferencecalls/{first}/play", {"stream_urls": ["none.wav"]})
        assert failed.status == 200, failed.body
        path = f"/playbacks/{failed.json['id']}"
        eventually(lambda: nodes[0].call("GET", path).json["status"] == "failed", what="it is not found")


def test_texts_digits_and_a_changed_menu_reach_phones_at_other_nodes(
    nodes: list[Server], phone: Ring
) -> None:
    room = nodes[0].new_room(relay_digits=True)
    shows = phone(TONES_HZ[3], shows_texts=True)
    with RawPhone(patience_s=PATIENCE_S) as one, RawPhone(patience_s=PATIENCE_S) as two:
        one.dial((nodes[1].host, nodes[1].sip_port), room)
        two.dial((nodes[2].host, nodes[2].sip_port), room)
        first, second = nodes[0].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        for key in (4, 2):
            one.press(key)
        eventually(lambda: events(two) == RELAYED, what="digits are relayed")
        assert events(one) == []
        shows.dial(nodes[1].sip_uri(room))
        nodes[0].wait_for_participants(room, 3, timeout_s=PATIENCE_S)
        two.write("Typed at another node")
        shows.wait_for_log("Typed at another node", what="the phone shows what another one has sent")
        messages = nodes[1].call("GET", f"/conferences/{room}/messages").json["result"]
        assert [(each["sender_id"], each["text"]) for each in messages] == [(second, "Typed at another node")]
        sent = nodes[2].call(
            "POST", f"/conferences/{room}/messages", {"text": "Hello", "sender_name": "Host"}
        )
        assert sent.status == 200, sent.body
        shows.wait_for_log('"Host: Hello"', what="the phone shows a message")
        assert nodes[1].call("PUT", f"/conferences/{room}", {"dtmf_menu": {"*6": "mute"}}).status == 200
        for key in (10, 6):
            one.press(key)
        eventually(
            lambda: nodes[2].call("GET", f"/conferencecalls/{first}").json["muted"],
            what="a key of the new menu mutes",
        )


def test_a_participant_at_another_node_is_moved_with_what_it_has(nodes: list[Server]) -> None:
    room, other = nodes[0].new_room(), nodes[0].new_room(lobby=True)
    with phones(room, nodes) as calling:
        _, one, two = order(nodes[1], room, calling)
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})
        patch(nodes[2], one, label="Coach", muted=True)
        moved = nodes[2].call("POST", f"/conferencecalls/{one}/move", {"conference_id": other})
        assert moved.status == 200, moved.body
        again = moved.json["id"]
        nodes[1].wait_for_participants(other, 1, timeout_s=PATIENCE_S)
        shown = nodes[2].call("GET", f"/conferencecalls/{again}").json
        assert (shown["status"], shown["label"], shown["muted"]) == ("joined", "Coach", True)
        assert nodes[2].call("GET", f"/conferencecalls/{one}").json["status"] == "leaved"
        assert nodes[0].call("POST", f"/conferencecalls/{two}/move", {"conference_id": other}).status == 200
        nodes[2].wait_for_participants(other, 2, timeout_s=PATIENCE_S)
        eventually(lambda: hears(calling[1], {2}), what="the moved ones are in one room")
        eventually(lambda: hears(calling[2], set()), what="the first is muted there too")
        patch(nodes[1], again, muted=False)
        eventually(lambda: hears(calling[2], {1}), what="it is heard")
        eventually(lambda: hears(calling[0], set()), what="nobody is left in the first room")
        locked = nodes[0].new_room(locked=True)
        refused = nodes[1].call("POST", f"/conferencecalls/{again}/move", {"conference_id": locked})
        assert (refused.status, refused.json["error"]["reason"]) == (409, "CONFERENCE_LOCKED")
        assert nodes[2].call("GET", f"/conferencecalls/{again}").json["status"] == "joined"


def test_a_breakout_takes_participants_of_other_nodes_and_brings_them_back(nodes: list[Server]) -> None:
    room = nodes[1].new_room()
    with phones(room, nodes) as calling:
        ids = order(nodes[0], room, calling)
        groups = {"groups": [{"conferencecall_ids": [ids[0], ids[2]]}]}
        divided = nodes[2].call("POST", f"/conferences/{room}/breakout", groups)
        assert divided.status == 200, divided.body
        eventually(
            lambda: hears(calling[0], {2}) and hears(calling[2], {0}), what="two are in a breakout room"
        )
        assert nodes[0].call("DELETE", f"/conferences/{room}/breakout").status == 200
        wait_for(calling, {1, 2}, {0, 2}, {0, 1})


def test_a_participant_at_another_node_is_transferred(nodes: list[Server], phone: Ring) -> None:
    room = nodes[0].new_room()
    coming = phone(TONES_HZ[2], codec="PCMU/8000/1", answers=True)
    with RawPhone(patience_s=PATIENCE_S) as stays, RawPhone(patience_s=PATIENCE_S) as leaves:
        stays.dial((nodes[0].host, nodes[0].sip_port), room)
        leaves.dial((nodes[1].host, nodes[1].sip_port), room)
        _, leaving = nodes[2].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        body = {
            "transfer_type": "blind",
            "transferer_call_id": nodes[2].call("GET", f"/conferencecalls/{leaving}").json["reference_id"],
            "transferee_addresses": [{"type": "sip", "target": coming.uri}],
        }
        answer = nodes[2].call("POST", "/transfers", body)
        assert answer.status == 200, answer.body
        leaves.wait_for_bye(PATIENCE_S)
        nodes[0].wait_for_participants(room, 2, timeout_s=PATIENCE_S)
        eventually(lambda: hears(stays, {2}), what="who has come is heard")
