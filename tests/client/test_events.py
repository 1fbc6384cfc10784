"""Events as they come: in order, none left out, also over a restart of the server."""

from itertools import islice
from pathlib import Path
from threading import Thread

import pytest

from mixminus.client import AsyncClient, Client
from mixminus.client.errors import Unauthenticated
from mixminus.client.retries import Retries
from tests.support.server import ACCESS_KEY, Server


def test_events_come_from_the_newest_on(client: Client) -> None:
    client.create_conference(type="conference", name="before")
    client.newest_event()
    events = client.events(after=client.newest_event())
    room = client.create_conference(type="conference", name="after")
    first = next(events)
    assert (first.type, first.data["id"]) == ("conference_created", str(room.id))


def test_topics_choose_events(client: Client) -> None:
    after = client.newest_event()
    customer = client.get_own_customer().id
    one, other = (client.create_conference(type="conference") for _ in range(2))
    events = client.events([f"customer_id:{customer}:conference:{other.id}"], after=after)
    assert {event.data["id"] for event in islice(events, 2)} == {str(other.id)} != {str(one.id)}


def test_a_restart_of_the_server_loses_no_event(tmp_path: Path) -> None:
    with Server(tmp_path) as server, Client(server.url, key=ACCESS_KEY, retries=Retries(30)) as client:
        after, names = client.newest_event(), list[str]()

        def follow() -> None:
            for event in client.events(after=after):
                if event.type == "conference_created":
                    names.append(event.data["name"])
                if names[-1:] == ["last"]:
                    return

        follower = Thread(target=follow)
        follower.start()
        with Client(server.url, key=ACCESS_KEY, retries=Retries(30)) as creator:
            for name in ("one", "two"):
                creator.create_conference(type="conference", name=name)
            server.stop()
            server.start()
            for name in ("three", "last"):
                creator.create_conference(type="conference", name=name)
        follower.join(60)
        assert names == ["one", "two", "three", "last"]


def test_a_wrong_key_ends_it(server: Server) -> None:
    with Client(server.url, key="vb_wrong") as client, pytest.raises(Unauthenticated):
        next(client.events([f"customer_id:{'0' * 8}-0000-0000-0000-{'0' * 12}"], after=0))


async def test_the_async_client_receives_them_too(server: Server) -> None:
    async with AsyncClient(server.url, key=ACCESS_KEY) as client:
        events = client.events(after=await client.newest_event())
        room = await client.create_conference(type="conference")
        first = await anext(events)
        assert first.data["id"] == str(room.id)
