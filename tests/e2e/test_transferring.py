"""A real phone transfers its call, and is hung up when another phone has taken its place."""

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.logins import extension, login
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for


def test_phone_transfers_its_place_in_a_room(md5_server: Server, phone: Ring) -> None:
    room = md5_server.new_room()
    listener = phone(TONES_HZ[0])
    leaving = phone(TONES_HZ[1], login=login(md5_server, extension(md5_server, "3001")))
    coming = phone(TONES_HZ[2])
    leaving.wait_for_log("200 OK", what="the phone has registered")
    listener.dial(md5_server.sip_uri(room))
    leaving.dial(md5_server.sip_uri(room))
    _, left = md5_server.wait_for_participants(room, 2)
    leaving.command("transfer", coming.uri)
    coming.wait_for_log("Incoming call", what="the target rings")
    coming.pick_up()
    eventually(
        lambda: md5_server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved",
        what="the first phone has left the room",
    )
    leaving.wait_for_log("avg. bitrate", what="the phone's call is over")
    md5_server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(coming.ear(), (TONES_HZ[0],), TONES_HZ[2])


def test_phone_is_referred_to_another(server: Server, phone: Ring) -> None:
    room = server.new_room()
    caller, other = phone(TONES_HZ[0]), phone(TONES_HZ[1], answers=True)
    caller.dial(server.sip_uri(room))
    (participant,) = server.wait_for_participants(room, 1)
    call = server.call("GET", f"/conferencecalls/{participant}").json["reference_id"]
    body = {
        "transfer_type": "blind",
        "by": "refer",
        "transferee_addresses": [{"type": "sip", "target": other.uri}],
    }
    assert server.call("POST", f"/calls/{call}/transfer", body).status == 200
    other.wait_for_log("Call established", what="the two phones are connected")
    eventually(
        lambda: server.call("GET", f"/calls/{call}").json["status"] == "hangup", what="our call is over"
    )
