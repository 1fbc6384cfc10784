"""Real phones: their calls have complete records, and their time is counted once, also if the server is killed."""

from pathlib import Path
from typing import Any

import orjson

from tests.e2e.conftest import Ring
from tests.support.baresip import Baresip
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

TALK_S = 2.0
PASSWORD = "long enough"


def records(server: Server) -> list[dict[str, Any]]:
    events = server.call("GET", "/events").json["result"]
    return [each["data"] for each in events if each["type"] == "cdr_created"]


def test_a_call_has_a_complete_record_and_a_killed_server_counts_to_its_last_note(
    tmp_path: Path, phone: Ring
) -> None:
    with Server(tmp_path, MIXMINUS_ADMIN_PASSWORD=PASSWORD) as server:
        room = server.new_room(name="billed")
        opus, pcmu = phone(TONES_HZ[0]), phone(TONES_HZ[1], codec="PCMU/8000/1")
        for each in (opus, pcmu):
            each.dial(server.sip_uri(room))
        server.wait_for_participants(room, 2)
        play_for(TALK_S)
        pcmu.hang_up()
        server.wait_for_participants(room, 1)
        eventually(lambda: len(records(server)) == 1, what="the record of the call")
        (record,) = records(server)
        assert (record["transport"], record["direction"], record["sip_code"]) == ("sip", "incoming", 200)
        assert (record["hangup_by"], record["hangup_reason"]) == ("remote", "normal")
        assert TALK_S <= record["answered_s"] <= record["duration_s"] < TALK_S + 10
        media = record["media"]
        assert media["codec"] == "PCMU"
        assert media["packets_received"] >= TALK_S * 50 * 0.9
        assert media["packets_sent"] >= TALK_S * 50 * 0.9
        assert media["packets_lost"] <= media["packets_received"] * 0.05
        assert 3.5 < media["mos"] <= 4.5
        (row,) = server.call("GET", "/usage").json["result"]
        assert (row["conference_name"], row["participants"], row["minutes"]) == ("billed", 1, 1)
        assert TALK_S <= row["seconds"] <= record["duration_s"]

        server.kill()
        server.start()
        (after,) = server.call("GET", "/usage").json["result"]
        assert (after["participants"], after["minutes"]) == (2, 2)
        assert len(records(server)) == 2, "the call that was lost has a record"
        assert records(server)[1]["hangup_reason"] == "failed"
        server.stop()
        server.start()
        assert server.call("GET", "/usage").json["result"] == [after], "a restart counts nothing again"
        a_call_without_credits_is_refused(server, room, phone(TONES_HZ[2]))


def a_call_without_credits_is_refused(server: Server, room: str, caller: Baresip) -> None:
    """Give the customer a balance of one credit, which the first call uses up; the second is refused."""
    body = orjson.dumps({"username": "admin", "password": PASSWORD})
    login = server.request("POST", "/auth/login", body=body, headers={"Content-Type": "application/json"})
    customer = server.call("GET", "/customer").json["id"]
    added = server.call("POST", f"/customers/{customer}/credits", {"credits": 1}, token=login.json["token"])
    assert added.status == 200, added.body
    caller.dial(server.sip_uri(room))
    server.wait_for_participants(room, 1)
    assert server.call("GET", "/balance").json["available"] == 0
    refused = server.call("POST", "/conferences", {"type": "conference"})
    assert (refused.status, refused.json["error"]["reason"]) == (402, "INSUFFICIENT_BALANCE")
    assert len(server.participants(room)) == 1, "what runs goes on"
    caller.hang_up()
    server.wait_for_participants(room, 0)
    caller.dial(server.sip_uri(room))
    caller.wait_for_log("402", what="the refusal")
    assert server.participants(room) == []
    assert server.call("GET", "/balance").json["balance"]["credits"] == 0
