"""Listeners from the command line."""

from uuid import UUID, uuid4

from tests.cli.conftest import Run
from tests.support.offers import CHROMIUM
from tests.support.server import ACCESS_KEY, Server


def test_listeners_are_listed_and_ended(run: Run, server: Server) -> None:
    room = server.new_room()
    assert run("rooms", "listeners", room, "--json").json == []
    answer = server.request(
        "POST",
        f"/v1.0/conferences/{room}/whep?name=Ann",
        body=CHROMIUM.replace("a=sendrecv", "a=recvonly").encode(),
        headers={"content-type": "application/sdp", "authorization": f"Bearer {ACCESS_KEY}"},
    )
    assert answer.status == 201, answer.body
    (listed,) = run("rooms", "listeners", room, "--json").json
    assert listed["name"] == "Ann"
    assert "Ann" in run("rooms", "listeners", room).out
    listener = str(UUID(listed["id"]))
    assert run("rooms", "stop-listener", room, listener).out == f"{listener} has ended\n"
    assert run("rooms", "stop-listener", room, str(uuid4())).code == 1
