"""A provider that wants to be registered with: Kamailio challenges, forwards its calls, and is left at the end."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.support.calling import action
from tests.support.kamailio import ALIAS, NUMBER, PASSWORD, SUBSCRIBER, USERNAME, Provider, provider
from tests.support.linphone import Linphone
from tests.support.named import number
from tests.support.server import Server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually, play_for

A_HZ, B_HZ, C_HZ = TONES_HZ[:3]


@pytest.fixture
def kamailio(tmp_path: Path) -> Iterator[Provider]:
    directory = tmp_path / "kamailio"
    directory.mkdir()
    with provider(directory) as running:
        yield running


def register(server: Server, host: str, password: str = PASSWORD) -> str:
    body = {
        "domain_name": "provider",
        "outbound_host": host,
        "outbound_register": True,
        "username": USERNAME,
        "password": password,
    }
    answer = server.call("POST", "/trunks", body)
    assert (answer.status, answer.json["registration"]) == (200, "registering"), answer.body
    return str(answer.json["id"])


def state(server: Server, trunk: str) -> Any:
    return server.call("GET", f"/trunks/{trunk}").json


def events(server: Server) -> list[str]:
    return [each["type"] for each in server.call("GET", "/events").json["result"]]


def test_calls_to_our_number_come_in_through_the_provider_that_the_trunk_registers_with(
    tmp_path: Path, kamailio: Provider, phone: Ring
) -> None:
    with Server(tmp_path) as server:
        room = server.new_room()
        number(server, f"+{NUMBER}", action("conference_join", conference_id=room))
        trunk = register(server, kamailio.host)
        eventually(
            lambda: state(server, trunk)["registration"] == "registered", what="the trunk is registered"
        )
        assert "trunk_registered" in events(server)
        assert server.call("GET", f"/trunks/{trunk}").json["registration_detail"] == ""

        caller, listener = phone(A_HZ), phone(B_HZ)
        listener.dial(server.sip_uri(room))
        caller.dial(f"sip:{NUMBER}@{kamailio.host}")
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(listener.ear(), (A_HZ,), B_HZ)
        assert_hears(caller.ear(), (B_HZ,), A_HZ)
        caller.hang_up()
        server.wait_for_participants(room, 1)

        (contact,) = kamailio.registrations
        assert "expires=0" not in contact
        server.call("DELETE", f"/trunks/{trunk}")
        eventually(lambda: len(kamailio.registrations) > 1, what="the registration is removed")
        assert PASSWORD not in server.log


def test_a_subscriber_of_the_provider_presses_keys_holds_and_transfers(
    tmp_path: Path, kamailio: Provider, phone: Ring
) -> None:
    """What it does within its call passes Kamailio, which stays in the route of the dialog."""
    microphone = write_wav(tmp_path / "microphone.wav", tone(A_HZ, 60))
    digits = [action("digits_receive", key=digit, duration=30_000) for digit in "12#"]
    listener, coming = phone(B_HZ), phone(C_HZ)
    with Server(tmp_path) as server, Linphone(tmp_path / "linphone", microphone) as subscriber:
        room = server.new_room()
        join = action("conference_join", conference_id=room)
        number(server, f"+{NUMBER}", action("answer"), *digits, join)
        trunk = register(server, kamailio.host)
        eventually(lambda: state(server, trunk)["registration"] == "registered", what="it is registered")
        listener.dial(server.sip_uri(room))
        server.wait_for_participants(room, 1)
        subscriber.dial(f"sip:{NUMBER}@{kamailio.host}")
        play_for(1)
        subscriber.press("12#")
        _, left = server.wait_for_participants(room, 2)
        play_for(2.5)
        assert_hears(newest(subscriber.ear(), 1), (B_HZ,), A_HZ, stretch_s=0.5)
        assert_hears(newest(listener.ear(), 1), (A_HZ,), B_HZ, stretch_s=0.5)
        subscriber.hold()
        play_for(1.5)
        assert_silent(listener.ear(), (A_HZ,), last_s=1.0)
        subscriber.resume()
        play_for(2)
        assert_hears(newest(listener.ear(), 1), (A_HZ,), B_HZ, stretch_s=0.5)
        subscriber.transfer(coming.uri)
        coming.wait_for_log("Incoming call", what="the target rings")
        coming.pick_up()
        eventually(
            lambda: server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved",
            what="the subscriber has left the room",
        )
        play_for(2)
        assert_hears(coming.ear(), (B_HZ,), C_HZ)
        assert {each.split()[0] for each in kamailio.logged("within a call: ")} >= {
            "ACK",
            "INVITE",
            "REFER",
            "BYE",
        }


def test_wrong_password_is_shown_and_published(tmp_path: Path, kamailio: Provider) -> None:
    with Server(tmp_path) as server:
        trunk = register(server, kamailio.host, "not the password")
        eventually(lambda: state(server, trunk)["registration"] == "failed", what="the registration fails")
        assert state(server, trunk)["registration_detail"] == "401 Unauthorized"
        assert "trunk_failed" in events(server)
        # The right password registers at once, without waiting for the next attempt.
        corrected = {
            "outbound_host": kamailio.host,
            "outbound_register": True,
            "username": USERNAME,
            "password": PASSWORD,
        }
        assert server.call("PUT", f"/trunks/{trunk}", corrected).json["registration"] == "registering"
        eventually(
            lambda: state(server, trunk)["registration"] == "registered", what="the trunk is registered"
        )


def test_trunk_is_registered_again_after_the_edge_was_killed(tmp_path: Path, kamailio: Provider) -> None:
    with Server(tmp_path) as server:
        trunk = register(server, kamailio.host)
        eventually(
            lambda: state(server, trunk)["registration"] == "registered", what="the trunk is registered"
        )
        before = len(kamailio.registrations)
        found = subprocess.run(
            ["pgrep", "-P", str(server.process.pid), "-f", "mixminus.sip.edge"],
            capture_output=True,
            check=True,
        )
        subprocess.run(["kill", "-9", *found.stdout.decode().split()], check=True)
        eventually(lambda: len(kamailio.registrations) > before, timeout_s=20, what="it registers again")
        assert len(set(kamailio.registrations)) == 1, "the Contact stays the same"


def test_called_number_is_that_of_p_called_party_id(tmp_path: Path, kamailio: Provider, phone: Ring) -> None:
    with Server(tmp_path) as server:
        room = server.new_room()
        number(server, f"+{NUMBER}", action("conference_join", conference_id=room))
        trunk = register(server, kamailio.host)
        eventually(
            lambda: state(server, trunk)["registration"] == "registered", what="the trunk is registered"
        )
        caller = phone(A_HZ)
        caller.dial(f"sip:{ALIAS}@{kamailio.host}")
        server.wait_for_participants(room, 1)
        (call,) = server.call("GET", "/calls").json["result"]
        assert call["destination"]["target"] == f"+{NUMBER}"


def test_calls_go_out_through_the_proxy_of_the_provider(tmp_path: Path, phone: Ring) -> None:
    directory = tmp_path / "kamailio"
    directory.mkdir()
    called, listener = phone(A_HZ), phone(B_HZ)
    with provider(directory, phone=called.uri) as kamailio, Server(tmp_path) as server:
        room = server.new_room()
        server.call(
            "POST",
            "/trunks",
            {
                "domain_name": "provider",
                "outbound_host": "carrier.example",
                "outbound_proxy": kamailio.host,
                "from_domain": "voice.example",
                "identity_header": "p-asserted-identity",
            },
        )
        listener.dial(server.sip_uri(room))
        server.wait_for_participants(room, 1)
        body = {
            "source": {"type": "tel", "target": "+15550111"},
            "destinations": [{"type": "tel", "target": f"+{SUBSCRIBER}"}],
            "actions": [action("conference_join", conference_id=room)],
        }
        placed = server.call("POST", "/calls", body).json["calls"][0]["id"]
        eventually(
            lambda: server.call("GET", f"/calls/{placed}").json["status"] == "ringing", what="the phone rings"
        )
        called.pick_up()
        server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(listener.ear(), (A_HZ,), B_HZ)
        assert_hears(called.ear(), (B_HZ,), A_HZ)
        server.call("POST", f"/calls/{placed}/hangup")
        eventually(
            lambda: kamailio.logged("within a call: ")[-1:] == ["BYE"], what="the BYE passes the proxy"
        )
        assert kamailio.logged("within a call: ")[0] == "ACK"
        (carried,) = kamailio.logged("carried: ")
        domain, _, sender, identity = carried.split("|")
        assert (domain, sender) == ("carrier.example", "voice.example")
        assert identity == "<sip:+15550111@voice.example>"
        server.wait_for_participants(room, 1)
