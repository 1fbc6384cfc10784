"""Listeners and broadcasts from the command line."""

from uuid import UUID, uuid4

from tests.cli.conftest import Run
from tests.support.offers import CHROMIUM
from tests.support.ports import free_port
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


def test_a_room_is_broadcast_and_that_is_stopped(run: Run, server: Server) -> None:
    room = server.new_room()
    begun = run("rooms", "broadcast", room, "--json").json
    assert begun["path"] == f"/v1.0/conferences/{room}/hls/{begun['id']}/index.m3u8"
    (listed,) = run("rooms", "broadcasts", room, "--json").json
    assert (listed["id"], listed["path"]) == (begun["id"], begun["path"])
    assert run("rooms", "stop-broadcast", begun["id"]).out == f"{begun['id']} is ended\n"
    again = run("rooms", "stop-broadcast", begun["id"])
    assert again.code == 1
    assert "STATE_INVALID" in again.err


def test_a_room_is_sent_to_icecast(run: Run, server: Server) -> None:
    room = server.new_room()
    mount = f"http://127.0.0.1:{free_port()}/room.opus"
    begun = run("rooms", "broadcast", room, "--icecast", mount, "--password", "of sources", "--json").json
    assert (begun["url"], begun["path"], "of sources" in str(begun)) == (mount, "", False)
    assert mount in run("rooms", "broadcasts", room).out
    assert run("rooms", "stop-broadcast", begun["id"]).out == f"{begun['id']} is ended\n"
    refused = run("rooms", "broadcast", room, "--icecast", "ftp://127.0.0.1/x", "--password", "x")
    assert (refused.code, "must be http" in refused.err) == (1, True)
