"""A real phone logs in, stays reachable, and dials a number whose flow lets it into a room."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

PASSWORD = "correct-horse"  # baresip ends a password at a blank


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that offers nothing but MD5: baresip 1.0 gives up when it sees SHA-256."""
    with Server(tmp_path_factory.mktemp("md5-server"), MIXMINUS_SIP_DIGESTS="md5") as running:
        yield running
        assert running.stop() == 0, running.log[-3000:]
    assert "Traceback" not in running.log, running.log[-3000:]


def extension(server: Server, name: str) -> dict[str, Any]:
    made: dict[str, Any] = server.call("POST", "/extensions", {"extension": name, "password": PASSWORD}).json
    return made


def login(server: Server, made: dict[str, Any], password: str = PASSWORD, transport: str = "udp") -> str:
    domain = f"{made['domain_name']}.registrar.mixminus.local"
    return (
        f"<sip:{made['username']}@{domain};transport={transport}>"
        f';outbound="sip:{server.host}:{server.sip_port};transport={transport}"'
        f";regint=60;auth_user={made['username']};auth_pass={password}"
    )


def hotline(server: Server, number: str, room: str) -> None:
    join = {"type": "conference_join", "option": {"conference_id": room}}
    flow = server.call("POST", "/flows", {"name": "door", "actions": [{"type": "answer"}, join]}).json
    server.call("POST", "/numbers", {"number": number, "call_flow_id": flow["id"]})


def test_a_phone_registers_and_dials_a_number_into_a_room(server: Server, phone: Ring) -> None:
    made, room = extension(server, "2001"), server.new_room()
    hotline(server, "+15550101", room)
    registered = phone(TONES_HZ[0], login=login(server, made))
    registered.wait_for_log("200 OK", what="the phone has registered")
    listener = phone(TONES_HZ[1])
    listener.dial(server.sip_uri("15550101"))
    server.wait_for_participants(room, 1)
    registered.dial("+15550101")
    joined = server.wait_for_participants(room, 2)
    play_for(1.5)
    assert_hears(listener.ear(), (TONES_HZ[0],))
    call = server.call("GET", f"/conferencecalls/{joined[1]}").json["reference_id"]
    shown = server.call("GET", f"/calls/{call}").json
    assert (shown["source"]["type"], shown["source"]["target"]) == ("extension", "2001")
    assert (shown["destination"]["type"], shown["destination"]["target"]) == ("tel", "+15550101")


def test_a_phone_registers_by_tcp(server: Server, phone: Ring) -> None:
    made = extension(server, "2002")
    registered = phone(TONES_HZ[0], login=login(server, made, transport="tcp"), transport="tcp")
    registered.wait_for_log("200 OK", what="the phone has registered")


def test_who_tries_a_wrong_password_again_and_again_is_held_up_and_reported(
    server: Server, phone: Ring
) -> None:
    # The last here: all phones of these tests have one address, and that has to wait from now on.
    made = extension(server, "2003")
    phone(TONES_HZ[0], login=login(server, made, "wrong-horse"))

    def told() -> list[dict[str, Any]]:
        events = server.call("GET", "/events?after=0").json["result"]
        return [each["data"] for each in events if each["type"] == "extension_login_failed"]

    failed = eventually(told, what="the owner is told")[0]
    assert (failed["id"], failed["source_host"], failed["password"]) == (made["id"], server.host, None)
