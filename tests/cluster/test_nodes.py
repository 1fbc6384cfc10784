"""Three servers on one database: any of them answers any request, and what one of them leaves others take over."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from mixminus.store.exclusive import DatabaseInUse, owned_database
from tests.support.database import postgresql_url
from tests.support.netns import ADDRESS
from tests.support.nodes import living, numbers, running_nodes
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import tone
from tests.support.waiting import eventually, until
from tests.support.webhook_receiver import open_receiver

TOKEN = {"Authorization": f"Bearer {ACCESS_KEY}"}


@pytest.fixture(scope="module")
def shared() -> str:
    """The URL of the nodes' database."""
    return postgresql_url()


@pytest.fixture(scope="module")
def nodes(shared: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Three nodes, on 127.0.0.2, 127.0.0.3 and 127.0.0.4."""
    with running_nodes([tmp_path_factory.mktemp(f"node{number}") for number in range(3)], shared) as running:
        yield running


def test_the_nodes_know_each_other_and_one_is_the_leader(nodes: list[Server]) -> None:
    for node in nodes:
        eventually(lambda node=node: len(living(node.call("GET", "/nodes"))) == 3, what="three nodes")  # type: ignore[misc]
    seen = [node.call("GET", "/nodes").json for node in nodes]
    assert len({each["here"] for each in seen}) == 3
    assert [each["leader"] for each in seen].count(True) == 1
    (leader,) = {each["here"] for each in seen if each["leader"]}
    for each in seen:
        assert [row["id"] for row in each["result"] if row["leader"]] == [leader], "all name the same one"
        assert all(0 <= row["lease_age_s"] < 6 and 0 <= row["load"] <= 1 for row in each["result"])
    assert nodes[0].call("GET", "/server").json["nodes"] is True


def test_an_agent_who_may_not_see_the_nodes_is_shown_none(nodes: list[Server]) -> None:
    agent = {"username": "manager@example.com", "password": "a long password of tests", "permission": 64}
    assert nodes[0].call("POST", "/agents", agent).status == 200
    login = {name: agent[name] for name in ("username", "password")}
    answer = nodes[1].request(
        "POST", "/auth/login", body=json.dumps(login).encode(), headers={"Content-Type": "application/json"}
    )
    token = answer.json["token"]
    assert nodes[1].call("GET", "/server", token=token).json["nodes"] is False
    assert nodes[1].call("GET", "/nodes", token=token).status == 403


def test_a_room_is_read_and_changed_at_any_node(nodes: list[Server]) -> None:
    one, two, three = nodes
    room = one.new_room(name="shared")
    found = two.call("GET", f"/conferences/{room}")
    assert (found.status, found.json["name"]) == (200, "shared")
    tag = next(value for name, value in found.headers.items() if name.lower() == "etag")
    body = b'{"name": "changed"}'
    path, headers = f"/v1.0/conferences/{room}", {**TOKEN, "Content-Type": "application/json"}
    changed = three.request("PUT", path, body=body, headers={**headers, "If-Match": tag})
    assert (changed.status, changed.json["name"]) == (200, "changed")
    stale = two.request("PUT", path, body=body, headers={**headers, "If-Match": tag})
    assert stale.status == 412, "the tag is compared at the room's home"
    assert one.room(room)["name"] == "changed"
    assert two.call("DELETE", f"/conferences/{room}").status == 200
    eventually(lambda: three.room(room)["status"] == "terminated", what="the room ends")
    found_numbers = numbers(two, room)
    assert found_numbers == list(range(1, len(found_numbers) + 1))
    assert two.metrics()["mixminus_cluster_forwarded_total"] >= 2


def test_a_repeated_request_is_done_once_whichever_node_gets_it(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    headers = {**TOKEN, "Content-Type": "application/json", "Idempotency-Key": "once"}
    sent = [
        node.request("POST", f"/v1.0/conferences/{room}/talk", body=b'{"text": "one"}', headers=headers)
        for node in nodes
    ]
    assert [each.status for each in sent] == [200] * 3, sent[0].body
    assert len({each.json["id"] for each in sent}) == 1
    assert [each.headers.get("Idempotency-Replayed") for each in sent] == [None, "true", "true"]
    playback = sent[0].json["id"]
    assert nodes[2].call("GET", f"/playbacks/{playback}").json["id"] == playback
    assert nodes[1].call("GET", f"/playbacks/{room}").status == 404


def test_a_recording_is_made_and_read_through_other_nodes(nodes: list[Server]) -> None:
    one, two, three = nodes
    room = two.new_room()
    assert one.call("POST", f"/conferences/{room}/recording_start", {}).status == 200
    recording = three.room(room)["recording_id"]
    assert three.call("POST", f"/conferences/{room}/recording_stop").status == 200
    eventually(
        lambda: one.call("GET", f"/recordings/{recording}").json["status"] == "ended",
        what="the file is complete",
    )
    for node in nodes:
        part = node.request(
            "GET", f"/v1.0/recordingfiles/{recording}", headers={**TOKEN, "Range": "bytes=0-3"}
        )
        assert (part.status, part.body) == (206, b"RIFF")
        assert part.headers["Content-Range"].startswith("bytes 0-3/")


def test_what_nodes_have_in_memory_is_listed_by_each(nodes: list[Server]) -> None:
    made = [node.call("POST", "/traces", {"number": f"1555010{place}"}) for place, node in enumerate(nodes)]
    assert [each.status for each in made] == [200] * 3, made[0].body
    ids = [each.json["id"] for each in made]
    for node in nodes:
        assert [each["id"] for each in node.call("GET", "/traces").json["result"]] == ids[::-1]
        page = node.call("GET", "/traces?page_size=2").json
        assert [each["id"] for each in page["result"]] == [ids[2], ids[1]]
        rest = node.call("GET", f"/traces?page_size=2&page_token={page['next_page_token']}").json
        assert ([each["id"] for each in rest["result"]], rest["next_page_token"]) == ([ids[0]], "")
    room = nodes[0].new_room()
    named = {"reference_type": "conference", "reference_id": room}
    speaking = nodes[1].call("POST", "/speakings", named).json["id"]
    assert [each["id"] for each in nodes[2].call("GET", "/speakings").json["result"]] == [speaking]
    for id_ in ids:
        assert nodes[0].call("DELETE", f"/traces/{id_}").status == 200


def test_a_call_is_traced_from_its_first_message_whichever_node_it_begins_at(nodes: list[Server]) -> None:
    room = nodes[1].new_room()
    trace = nodes[0].call("POST", "/traces", {"number": room}).json["id"]
    with RawPhone() as phone:
        phone.dial((ADDRESS, nodes[1].sip_port), room)
        nodes[1].wait_for_participants(room, 1)
    ended = eventually(
        lambda: _ended_trace(nodes[2], trace), timeout_s=30, what="the trace ends with its call"
    )
    (call,) = ended["call_ids"]
    assert nodes[0].call("GET", f"/calls/{call}").json["status"] == "hangup"
    assert (ended["end_reason"], ended["dropped"]) == ("calls_ended", 0)
    page = nodes[2].call("GET", f"/traces/{trace}/ladder").body
    assert all(each in page for each in (b"INVITE", b"200 OK (INVITE)", b"ACK", b"BYE"))
    assert nodes[1].call("DELETE", f"/traces/{trace}").status == 200


def _ended_trace(node: Server, trace: str) -> dict[str, Any] | None:
    shown: dict[str, Any] = node.call("GET", f"/traces/{trace}").json
    return shown if shown["status"] == "ended" else None


def test_a_person_is_exported_and_erased_from_the_disks_of_all_nodes(nodes: list[Server]) -> None:
    rooms, recordings = [node.new_room() for node in nodes[:2]], []
    for node, room in zip(nodes, rooms, strict=False):
        with RawPhone() as phone:
            phone.dial((ADDRESS, node.sip_port), room)
            phone.talk(tone(440, 1.0, sample_rate_hz=8000))
            node.wait_for_participants(room, 1)
            node.call("POST", f"/conferences/{room}/recording_start", {"stems": True})
            recordings.append(node.room(room)["recording_id"])
            eventually(lambda phone=phone: len(phone.heard(0.5)) >= 4000, what="half a second is recorded")  # type: ignore[misc]
        node.call("POST", f"/conferences/{room}/recording_stop")
    for id_ in recordings:
        eventually(
            lambda id_=id_: nodes[2].call("GET", f"/recordings/{id_}").json["status"] == "ended",  # type: ignore[misc]
            what="the files are complete",
        )
    party = {"party": nodes[2].call("GET", "/calls").json["result"][0]["source"]["target"]}
    lines = [json.loads(line) for line in nodes[2].call("POST", "/privacy/export", party).body.splitlines()]
    exported = {line["data"]["id"]: line["data"]["tracks"] for line in lines if line["kind"] == "recording"}
    assert exported.keys() == set(recordings)
    assert all(len(tracks) == 1 for tracks in exported.values()), exported
    assert lines[-1]["data"]["recording"] == 2
    report = nodes[2].call("POST", "/privacy/erase", party).json
    assert (report["stems"], sorted(report["recordings_kept"])) == (2, sorted(recordings))
    for id_, tracks in exported.items():
        files = nodes[2].call("GET", f"/recordings/{id_}").json["files"]
        assert tracks[0] not in [each["track"] for each in files]
    for node, id_ in zip(nodes, recordings, strict=False):
        assert len(list((node.directory / "data" / "recordings" / id_).glob("*.wav"))) == 1, "only the mix"


def test_requests_follow_a_room_that_was_given_away(nodes: list[Server]) -> None:
    home, *others = nodes
    room = home.new_room()
    path, drains = f"/conferences/{room}", f"/nodes/{home.call('GET', '/nodes').json['here']}"

    def asked(node: Server) -> bool:
        return node.call("PUT", path, {"name": "asked"}).status == 200

    def away() -> bool:
        before = home.metrics()["mixminus_cluster_forwarded_total"]
        return asked(home) and home.metrics()["mixminus_cluster_forwarded_total"] > before

    assert all(asked(node) for node in others), "they know its home now"
    assert home.call("POST", f"{drains}/drain").status == 200
    try:
        eventually(away, timeout_s=40, what="another node is the home")
        assert all(asked(node) for node in others), "one of them has to find out that it has moved"
    finally:
        assert home.call("POST", f"{drains}/undrain").status == 200


async def test_a_websocket_reaches_the_room_through_another_node(nodes: list[Server]) -> None:
    room = nodes[0].new_room()
    async with aiohttp.ClientSession(headers=TOKEN) as session:
        url = f"{nodes[1].url}/v1.0/conferences/{room}/media_stream?encapsulation=sln"
        async with session.ws_connect(url) as media:
            await media.send_json({"type": "mark", "name": "here"})
            async for message in media:
                if message.type is aiohttp.WSMsgType.TEXT:
                    assert message.json()["name"] == "here"
                    break
                assert len(message.data) == 320
        missing = url.replace("encapsulation=sln", "encapsulation=none")
        async with session.get(missing, headers={"Connection": "Upgrade", "Upgrade": "websocket"}) as refused:
            assert refused.status == 400
            assert (await refused.json())["error"]["reason"] == "INVALID_REQUEST_PARAMETER"


async def test_each_event_is_sent_to_the_webhook_by_one_node(nodes: list[Server]) -> None:
    async with open_receiver() as receiver:
        nodes[1].call(
            "PUT", "/customer", {"name": "sent", "webhook_method": "POST", "webhook_uri": receiver.uri}
        )
        rooms = {node.call("POST", "/conferences", {"type": "conference"}).json["id"] for node in nodes}

        def sent() -> list[str]:
            return [
                each.json["data"]["id"] for each in receiver.received if each.type == "conference_created"
            ]

        await until(lambda: set(sent()) >= rooms)
        assert sorted(sent()) == sorted(rooms)
        ids = [each.headers["webhook-id"] for each in receiver.received]
        assert len(ids) == len(set(ids))
        nodes[1].call("PUT", "/customer", {"name": "sent", "webhook_uri": ""})


def test_the_internal_listener_takes_nothing_but_signed_requests(nodes: list[Server]) -> None:
    host, _, port = living(nodes[0].call("GET", "/nodes"))[0].rpartition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        request = (
            f"GET /v1.0/conferences HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ACCESS_KEY}\r\n\r\n"
        )
        connection.sendall(request.encode())
        assert b" 403 " in connection.recv(4096).partition(b"\r\n")[0]


async def test_a_server_that_is_no_node_is_refused_while_nodes_run(nodes: list[Server], shared: str) -> None:
    assert nodes
    lost: list[DatabaseInUse] = []
    with pytest.raises(DatabaseInUse, match="another mixminus server uses this database"):
        async with owned_database(shared, lost.append):
            pass
    async with owned_database(shared, lost.append, shared=True) as starting:
        await starting.done()
    assert lost == []


def test_rooms_of_a_killed_node_are_taken_over_and_calls_of_others_go_on(nodes: list[Server]) -> None:
    home, other, third = nodes
    room, kept = home.new_room(name="orphan"), other.new_room(name="kept")
    with RawPhone() as staying, RawPhone() as dying:
        staying.dial((ADDRESS, other.sip_port), kept)
        dying.dial((ADDRESS, home.sip_port), room)
        other.wait_for_participants(kept, 1)
        third.wait_for_participants(room, 1)
        assert home.call("GET", "/nodes").status == 200
        home.kill()
        dying.forget()
        unreachable = third.call("PUT", f"/conferences/{room}", {"name": "too early"})
        assert unreachable.status == 503
        assert unreachable.headers["Retry-After"]
        answer = eventually(
            lambda: (
                changed
                if (changed := third.call("PUT", f"/conferences/{room}", {"name": "new"})).status == 200
                else None
            ),
            timeout_s=40,
            what="another node takes the room over",
        )
        assert answer.json["status"] == "progressing"
        third.wait_for_participants(room, 0)
        found_numbers = numbers(other, room)
        assert found_numbers == list(range(1, len(found_numbers) + 1))
        calls = {each["id"]: each["status"] for each in third.call("GET", "/calls").json["result"]}
        assert sorted(calls.values()) == ["hangup", "progressing"]
        assert len(other.participants(kept)) == 1, "a call of a living node goes on"
        assert len(living(third.call("GET", "/nodes"))) == 2
    home.start()
    eventually(lambda: len(living(third.call("GET", "/nodes"))) == 3, what="it is a node again")
    assert home.room(room)["name"] == "new"
