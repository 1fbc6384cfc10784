"""A carrier with two servers, of which one dies: OPTIONS show it, calls leave it out, and come back to it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.calling import action
from tests.support.dns_server import dns_server
from tests.support.kamailio import SUBSCRIBER, Provider, provider
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.server import Server
from tests.support.tones import TONES_HZ
from tests.support.waiting import eventually, play_for

CALLED_HZ, LISTENER_HZ = TONES_HZ[:2]
DOWN_S = 30.0
"""Two probes of four seconds, and the pauses of five seconds."""


class Carrier:
    """Two Kamailios that carry calls to the same phone."""

    def __init__(self, directory: Path, phone: str) -> None:
        self.ports = (free_port(ADDRESS), free_port(ADDRESS))
        self._directory = directory
        self._phone = phone
        self._running: dict[int, ExitStack] = {}
        self.servers: dict[int, Provider] = {}

    @property
    def records(self) -> list[str]:
        """The carrier in DNS: its first server is preferred."""
        servers = enumerate(self.ports, 1)
        return [f"host-record=host.carrier.example,{ADDRESS}"] + [
            f"srv-host=_sip._udp.carrier.example,host.carrier.example,{port},{priority},1"
            for priority, port in servers
        ]

    def start(self, number: int) -> None:
        directory = self._directory / f"kamailio-{number}-{len(list(self._directory.iterdir()))}"
        directory.mkdir()
        stack = ExitStack()
        self.servers[number] = stack.enter_context(provider(directory, self._phone, self.ports[number]))
        self._running[number] = stack

    def stop(self, number: int) -> None:
        if stack := self._running.pop(number, None):
            stack.close()


@contextmanager
def two_servers(directory: Path, phone: str) -> Iterator[Carrier]:
    directory.mkdir()
    carrier = Carrier(directory, phone)
    try:
        for number in (0, 1):
            carrier.start(number)
        yield carrier
    finally:
        for number in (0, 1):
            carrier.stop(number)


def call_out(server: Server) -> None:
    """Call the carrier's subscriber until it rings, and hang up; no server may have been waited for."""
    body = {
        "source": {"type": "tel", "target": "+15550111"},
        "destinations": [{"type": "tel", "target": f"+{SUBSCRIBER}"}],
        "actions": [action("sleep", duration=60_000)],
    }
    placed = server.call("POST", "/calls", body).json["calls"][0]["id"]
    eventually(lambda: server.call("GET", f"/calls/{placed}").json["status"] == "ringing", what="it rings")
    server.call("POST", f"/calls/{placed}/hangup")
    assert "mixminus_sip_edge_silent_servers_total" not in server.metrics()


def test_server_that_is_down_is_left_out_until_it_answers_again(tmp_path: Path, phone: Ring) -> None:
    called = phone(CALLED_HZ)
    with (
        two_servers(tmp_path / "carrier", called.uri) as carrier,
        dns_server(*carrier.records) as nameserver,
        Server(tmp_path, MIXMINUS_SIP_NAMESERVER=nameserver) as server,
    ):
        body = {"domain_name": "carrier", "outbound_host": "carrier.example", "options_interval_s": 5}
        made = server.call("POST", "/trunks", body).json
        assert (made["health"], made["servers"]) == ("unknown", [])

        def shown() -> Any:
            return server.call("GET", f"/trunks/{made['id']}").json

        eventually(lambda: len(shown()["servers"]) == 2, what="both servers answer")
        assert shown()["health"] == "up"
        assert [each["detail"] for each in shown()["servers"]] == ["405 Method Not Allowed"] * 2
        call_out(server)
        assert len(carrier.servers[0].logged("carried: ")) == 1

        carrier.stop(0)
        eventually(lambda: shown()["health"] == "degraded", timeout_s=DOWN_S, what="one server is down")
        address = f"udp:{ADDRESS}:{carrier.ports[0]}"
        (dead,) = [each for each in shown()["servers"] if each["address"] == address]
        assert (dead["status"], dead["detail"]) == ("down", "no response")
        metrics = server.metrics()
        assert metrics['mixminus_trunk_servers{status="up"}'] == 1
        assert metrics['mixminus_trunk_servers{status="down"}'] == 1
        # No call has found out that it is down: the second server gets this one without a delay.
        call_out(server)
        assert len(carrier.servers[1].logged("carried: ")) == 1

        carrier.stop(1)
        eventually(lambda: shown()["health"] == "down", timeout_s=DOWN_S, what="both servers are down")
        carrier.start(0)
        eventually(lambda: shown()["health"] == "degraded", timeout_s=DOWN_S, what="one answers again")
        call_out(server)
        assert len(carrier.servers[0].logged("carried: ")) == 1

        types = [each["type"] for each in server.call("GET", "/events").json["result"]]
        seen = [each for each in types if each in ("trunk_up", "trunk_degraded", "trunk_down")]
        assert sorted(seen) == ["trunk_degraded", "trunk_degraded", "trunk_down", "trunk_up"]
        unwatched = {"outbound_host": "carrier.example"}
        after = server.call("PUT", f"/trunks/{made['id']}", unwatched).json
        assert (after["health"], after["servers"]) == ("", [])


def test_a_call_finds_out_that_the_first_server_is_dead_and_talks_by_the_second(
    tmp_path: Path, phone: Ring
) -> None:
    """Nothing is probed: the call itself goes on to the next server (RFC 3263 section 4.3)."""
    called, listener = phone(CALLED_HZ), phone(LISTENER_HZ)
    with (
        two_servers(tmp_path / "carrier", called.uri) as carrier,
        dns_server(*carrier.records) as nameserver,
        Server(tmp_path, MIXMINUS_SIP_NAMESERVER=nameserver) as server,
    ):
        carrier.stop(0)
        server.call("POST", "/trunks", {"domain_name": "carrier", "outbound_host": "carrier.example"})
        room = server.new_room()
        listener.dial(server.sip_uri(room))
        server.wait_for_participants(room, 1)
        body = {
            "source": {"type": "tel", "target": "+15550111"},
            "destinations": [{"type": "tel", "target": f"+{SUBSCRIBER}"}],
            "actions": [action("conference_join", conference_id=room)],
        }
        placed = server.call("POST", "/calls", body).json["calls"][0]["id"]
        called.wait_for_log("Incoming call", what="the second server carries the call")
        called.pick_up()
        server.wait_for_participants(room, 2)
        play_for(2.5)
        assert_hears(listener.ear(), (CALLED_HZ,), LISTENER_HZ)
        assert_hears(called.ear(), (LISTENER_HZ,), CALLED_HZ)
        assert len(carrier.servers[1].logged("carried: ")) == 1
        server.call("POST", f"/calls/{placed}/hangup")
        server.wait_for_participants(room, 1)
