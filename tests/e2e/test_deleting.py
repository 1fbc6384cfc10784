"""Delete a conference with participants, and an empty one."""

from tests.e2e.conftest import Ring
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually


def test_room_terminates_after_its_last_participant_left(server: Server, phone: Ring) -> None:
    room = server.new_room()
    phones = [phone(tone_hz) for tone_hz in TONES_HZ[:2]]
    for each in phones:
        each.dial(server.sip_uri(room))
    server.wait_for_participants(room, 2)
    deleted = server.call("DELETE", f"/conferences/{room}")
    assert (deleted.status, deleted.json["status"]) == (200, "terminating")
    eventually(lambda: all(each.ended for each in phones), what="both phones are hung up")
    eventually(lambda: server.room(room)["status"] == "terminated", what="the room is terminated")
    assert server.room(room)["tm_end"] < "9999"
    again = server.call("DELETE", f"/conferences/{room}")
    assert (again.status, again.json["status"]) == (200, "terminated")


def test_empty_room_terminates_at_once(server: Server) -> None:
    room = server.new_room()
    assert server.call("DELETE", f"/conferences/{room}").json["status"] == "terminated"


def test_deleted_room_admits_no_call(server: Server, phone: Ring) -> None:
    room = server.new_room()
    server.call("DELETE", f"/conferences/{room}")
    late = phone(TONES_HZ[0])
    late.command("dial", server.sip_uri(room))
    eventually(lambda: late.ended, what="the call is refused or ended")
    calls = server.call("GET", f"/conferencecalls?conference_id={room}").json["result"]
    assert calls == []
