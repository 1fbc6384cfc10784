"""A customer is frozen while a phone of it is in a room: that call goes on, and no new one comes."""

from pathlib import Path

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.logins import extension, login
from tests.support.server import checked_server
from tests.support.tones import TONES_HZ
from tests.support.waiting import play_for

PASSWORD = "correct-horse"


def test_phones_of_a_frozen_customer_neither_log_in_nor_call_until_it_is_recovered(
    tmp_path: Path, phone: Ring
) -> None:
    settings = {"MIXMINUS_SIP_DIGESTS": "md5", "MIXMINUS_ADMIN_PASSWORD": PASSWORD}
    with checked_server(tmp_path, **settings) as server:
        body = f'{{"username":"admin","password":"{PASSWORD}"}}'.encode()
        admin = server.request("POST", "/auth/login", body=body).json["token"]
        customer = f"/customers/{server.call('GET', '/customer').json['id']}"
        made, other, room = extension(server, "2001"), extension(server, "2002"), server.new_room()
        registered = phone(TONES_HZ[0], login=login(server, made))
        registered.wait_for_log("200 OK", what="the phone has registered")
        listener = phone(TONES_HZ[1])
        for each in (registered, listener):
            each.dial(server.sip_uri(room))
        server.wait_for_participants(room, 2)
        assert server.call("POST", f"{customer}/freeze", token=admin).json["status"] == "frozen"
        outsider = phone(TONES_HZ[2])
        outsider.command("dial", server.sip_uri(room))
        outsider.wait_for_log("403", what="the call is refused")
        locked_out = phone(TONES_HZ[2], login=login(server, other))
        locked_out.wait_for_log(
            "503", what="its logins have failed, as with a wrong password, and are delayed"
        )
        listed = server.call("GET", "/registrations", token=admin).json["result"]
        assert [each["extension"] for each in listed] == ["2001"]
        play_for(1.5)
        assert_hears(listener.ear(), (TONES_HZ[0],))
        assert server.call("POST", f"{customer}/recover", token=admin).json["status"] == "active"
        outsider.dial(server.sip_uri(room))
        server.wait_for_participants(room, 3)
