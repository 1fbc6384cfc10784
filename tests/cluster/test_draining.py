"""A node that drains: no new calls, and its rooms go to others, each when its last participant has left."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mixminus.cli.main import main
from tests.e2e.test_overload import invite
from tests.support.database import postgresql_url
from tests.support.netns import ADDRESS
from tests.support.nodes import numbers, running_nodes
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Server]]:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with running_nodes(folders, postgresql_url(), MIXMINUS_DRAIN_S="60") as running:
        yield running


def node_id(server: Server) -> str:
    found: str = server.call("GET", "/nodes").json["here"]
    return found


def is_at(server: Server, room: str) -> bool:
    """Return whether a server is a room's home: it answers without forwarding."""
    before = server.metrics()["mixminus_cluster_forwarded_total"]
    answered = server.call("PUT", f"/conferences/{room}", {"name": "asked"}).status == 200
    return answered and server.metrics()["mixminus_cluster_forwarded_total"] == before


async def test_a_node_drains_and_serves_again(nodes: list[Server]) -> None:
    home, other = nodes
    empty, used = home.new_room(name="empty"), home.new_room(name="used")
    path = f"/nodes/{node_id(home)}"
    with RawPhone() as phone:
        phone.dial((ADDRESS, home.sip_port), used)
        home.wait_for_participants(used, 1)
        drained = other.call("POST", f"{path}/drain")
        assert (drained.status, drained.json["state"]) == (200, "draining")
        eventually(lambda: is_at(other, empty), timeout_s=30, what="the empty room is at the other node")
        assert home.request("GET", "/health/ready").status == 503
        assert home.metrics()["mixminus_draining"] == 1
        eventually(
            lambda: other.call("GET", "/nodes").json["leader"], timeout_s=30, what="the leadership went"
        )
        assert is_at(home, used), "its participant is here"
        made = home.call("POST", "/conferences", {"type": "conference"}).json["id"]
        eventually(lambda: is_at(other, made), what="a new room is made by the other node")
        refused = await invite(home, used)
        assert refused.status_code == 503
        phone.hang_up()
        eventually(lambda: is_at(other, used), timeout_s=30, what="the room went when it was empty")
    for room in (empty, used):
        found = numbers(other, room)
        assert found == list(range(1, len(found) + 1))
    assert home.call("POST", f"{path}/undrain").json["state"] == "serving"
    eventually(lambda: home.request("GET", "/health/ready").status == 200, what="it is ready again")
    assert is_at(home, home.new_room())
    assert is_at(other, empty), "what was given stays"


def test_a_stopped_node_gives_its_rooms_away_while_it_waits_for_its_calls(nodes: list[Server]) -> None:
    home, other = nodes
    empty, used = home.new_room(name="empty"), home.new_room(name="used")
    with RawPhone() as phone:
        phone.dial((ADDRESS, home.sip_port), used)
        home.wait_for_participants(used, 1)
        home.process.send_signal(signal.SIGTERM)
        eventually(lambda: is_at(other, empty), timeout_s=30, what="the empty room is at the other node")
        assert len(other.participants(used)) == 1
        phone.hang_up()
    assert home.process.wait(30) == 0
    eventually(lambda: is_at(other, used), timeout_s=30, what="the other room follows")


def test_the_command_waits_until_the_node_is_empty(
    nodes: list[Server], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, other = nodes
    monkeypatch.setenv("MIXMINUS_URL", home.url)
    monkeypatch.setenv("MIXMINUS_KEY", ACCESS_KEY)
    empty, used = home.new_room(name="empty"), home.new_room(name="used")
    with RawPhone() as phone:
        phone.dial((ADDRESS, home.sip_port), used)
        home.wait_for_participants(used, 1)
        assert main(["nodes", "drain", "--wait", "3"]) == 1
        assert "still has calls (1)" in capsys.readouterr().err
        phone.hang_up()
    assert main(["nodes", "drain", "--wait", "60", "--json"]) == 0
    drained = json.loads(capsys.readouterr().out)
    assert (drained["state"], drained["rooms"], drained["calls"]) == ("draining", 0, 0)
    assert is_at(other, empty)
    assert is_at(other, used)
    assert main(["nodes", "undrain"]) == 0
    eventually(lambda: home.request("GET", "/health/ready").status == 200, what="it serves again")
