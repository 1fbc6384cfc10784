"""A real phone registers, and dials a number whose flow joins it to a room."""

from typing import Any

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.logins import extension, login
from tests.support.calling import action
from tests.support.named import number
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for


def test_phone_registers_and_dials_a_number(md5_server: Server, phone: Ring) -> None:
    made, room = extension(md5_server, "2001"), md5_server.new_room()
    hotline = number(md5_server, "+15550101", action("answer"), action("conference_join", conference_id=room))
    registered = phone(TONES_HZ[0], login=login(md5_server, made))
    registered.wait_for_log("200 OK", what="the phone has registered")
    listener = phone(TONES_HZ[1])
    listener.dial(hotline)
    md5_server.wait_for_participants(room, 1)
    registered.dial("+15550101")
    joined = md5_server.wait_for_participants(room, 2)
    play_for(1.5)
    assert_hears(listener.ear(), (TONES_HZ[0],))
    call = md5_server.call("GET", f"/conferencecalls/{joined[1]}").json["reference_id"]
    shown = md5_server.call("GET", f"/calls/{call}").json
    assert (shown["source"]["type"], shown["source"]["target"]) == ("extension", "2001")
    assert (shown["destination"]["type"], shown["destination"]["target"]) == ("tel", "+15550101")


def test_phone_registers_over_tcp(md5_server: Server, phone: Ring) -> None:
    made = extension(md5_server, "2002")
    registered = phone(TONES_HZ[0], login=login(md5_server, made, transport="tcp"), transport="tcp")
    registered.wait_for_log("200 OK", what="the phone has registered")


def test_repeated_wrong_passwords_are_delayed_and_reported(md5_server: Server, phone: Ring) -> None:
    # The last test here: all phones have one address, which is delayed from now on. If the test is run again, the event
    # of its first attempt counts, because no other is published for that address.
    made = extension(md5_server, "2003")
    phone(TONES_HZ[0], login=login(md5_server, made, "wrong-horse"))

    def published() -> list[dict[str, Any]]:
        events = md5_server.call("GET", "/events?after=0").json["result"]
        return [each["data"] for each in events if each["type"] == "extension_login_failed"]

    failed = eventually(published, what="the event is published")[0]
    assert (failed["extension"], failed["source_host"]) == ("2003", md5_server.host)
    assert failed["password"] is None
