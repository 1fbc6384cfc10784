"""Calls of ours that a proxy sends back to us under another number: Kamailio, which rewrites the Request-URI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.calling import action
from tests.support.kamailio import SUBSCRIBER, Provider, provider
from tests.support.named import number
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.server import Server, checked_server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

A_HZ, B_HZ = TONES_HZ[:2]
OWN_NUMBER = "+15550142"


@pytest.fixture
def sip_port() -> int:
    return free_port(ADDRESS)


@pytest.fixture
def proxy(tmp_path: Path, sip_port: int) -> Iterator[Provider]:
    """A proxy that sends calls to its subscriber's number back to us, under a number of ours."""
    directory = tmp_path / "kamailio"
    directory.mkdir()
    with provider(directory, phone=f"sip:{OWN_NUMBER}@{ADDRESS}:{sip_port}") as running:
        yield running


@pytest.fixture
def server(tmp_path: Path, proxy: Provider, sip_port: int) -> Iterator[Server]:
    with checked_server(tmp_path, MIXMINUS_SIP_PORT=str(sip_port)) as running:
        body = {"domain_name": "provider", "outbound_host": proxy.host}
        assert running.call("POST", "/trunks", body).status == 200
        yield running


def own_number(server: Server, *actions: dict[str, object]) -> None:
    number(server, OWN_NUMBER, *actions)


def call_out(server: Server, *actions: dict[str, object]) -> str:
    body = {
        "source": {"type": "tel", "target": "+15550111"},
        "destinations": [{"type": "tel", "target": f"+{SUBSCRIBER}"}],
        "actions": list(actions),
    }
    return str(server.call("POST", "/calls", body).json["calls"][0]["id"])


def test_call_of_ours_comes_back_under_another_number_and_both_ends_talk(
    server: Server, proxy: Provider, phone: Ring
) -> None:
    near, far = server.new_room(), server.new_room()
    own_number(server, action("conference_join", conference_id=far))
    ada, bob = phone(A_HZ), phone(B_HZ)
    ada.dial(server.sip_uri(near))
    bob.dial(server.sip_uri(far))
    placed = call_out(server, action("conference_join", conference_id=near))
    for room in (near, far):
        server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(ada.ear(), (B_HZ,), A_HZ)
    assert_hears(bob.ear(), (A_HZ,), B_HZ)
    # The call's two ends are in one call of the proxy, as two of ours.
    calls = {each["id"]: each for each in server.call("GET", "/calls").json["result"]}
    assert {each["direction"] for each in calls.values()} == {"incoming", "outgoing"}
    assert OWN_NUMBER in {each["destination"]["target"] for each in calls.values()}

    server.call("POST", f"/calls/{placed}/hangup")
    for room in (near, far):
        server.wait_for_participants(room, 1)
    assert "BYE" in proxy.logged("within a call: ")


def test_called_end_hangs_up_and_the_calling_end_follows(server: Server, phone: Ring) -> None:
    near = server.new_room()
    own_number(server, action("talk", text="Goodbye.", language="en-US"), action("hangup"))
    placed = call_out(server, action("conference_join", conference_id=near))
    eventually(
        lambda: server.call("GET", f"/calls/{placed}").json["status"] == "hangup",
        timeout_s=30,
        what="the called end's BYE ends the call",
    )


def test_call_that_only_rings_is_canceled_through_the_spiral(server: Server) -> None:
    own_number(server, action("ringing", duration=60_000, early_media=True))
    placed = call_out(server, action("sleep", duration=60_000))
    eventually(
        lambda: server.call("GET", f"/calls/{placed}").json["status"] == "ringing",
        what="it rings by the proxy",
    )
    assert len(server.call("GET", "/calls").json["result"]) == 2
    server.call("POST", f"/calls/{placed}/hangup")
    eventually(
        lambda: {each["status"] for each in server.call("GET", "/calls").json["result"]} == {"hangup"},
        timeout_s=20,
        what="both ends are over",
    )


def test_numbers_that_call_themselves_by_a_proxy_come_to_an_end(server: Server) -> None:
    """Max-Forwards goes on from call to call (RFC 7332), so that a loop of calls is finite."""
    again = {"type": "tel", "target": f"+{SUBSCRIBER}"}
    own_number(server, action("connect", source=again, destinations=[again]))
    call_out(server)
    eventually(
        lambda: (
            (calls := server.call("GET", "/calls?page_size=100").json["result"])
            and {each["status"] for each in calls} == {"hangup"}
        ),
        timeout_s=90,
        what="all calls of the loop are over",
    )
    count = len(server.call("GET", "/calls?page_size=100").json["result"])
    assert 4 < count < 60, "it ended by Max-Forwards, and not at the server's limit of calls"
