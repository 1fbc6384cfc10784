"""Usage, balances, persons, media streams that the server opens and speakings, by both clients against a real server."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from mixminus.client import AsyncClient, Client
from mixminus.client.errors import Conflict, InvalidRequest, PermissionDenied
from tests.support.netns import ADDRESS
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.stream_program import open_program
from tests.support.waiting import eventually, until


@pytest.fixture
async def waiting(server: Server) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.url, key=ACCESS_KEY) as opened:
        yield opened


def use(server: Server, client: Client, *names: str) -> set[UUID]:
    """Let a phone be in a room of each name, one after the other; return the ids of the rooms once that is counted."""
    rooms = set()
    for name in names:
        room = server.new_room(name=name)
        with RawPhone() as phone:
            phone.dial((ADDRESS, server.sip_port), room)
            (participant,) = server.wait_for_participants(room, 1)
            client.kick_conferencecall(participant)
        rooms.add(UUID(room))
    eventually(lambda: len(list(client.list_usage())) == len(names), what="the time of both is counted")
    return rooms


async def test_usage_is_an_iterator_over_all_pages(
    server: Server, client: Client, waiting: AsyncClient
) -> None:
    rooms = use(server, client, "first", "second")
    today = datetime.now(UTC).date()
    rows = list(client.list_usage(since=today, by="day_room", page_size=1))
    assert {row.conference_id for row in rows} == rooms
    assert [(row.day, row.participants, row.minutes) for row in rows] == [(today, 1, 1)] * 2
    assert [row async for row in waiting.list_usage(page_size=1)] == rows
    (whole,) = client.list_usage(by="room", conference_id=rows[0].conference_id)
    assert whole.day is None
    assert list(client.list_usage(until=date(2020, 1, 31))) == []
    with pytest.raises(InvalidRequest):
        list(client.list_usage(since="yesterday"))
    exported = client.export_usage(until=today).text.splitlines()
    assert len(exported) == 1 + len(rows)
    assert (await waiting.export_usage(until=today)).text.splitlines() == exported


async def test_the_balance_is_typed_and_only_the_super_admin_adds_credits(
    client: Client, waiting: AsyncClient
) -> None:
    report = client.get_own_balance()
    assert (report.balance, report.available, report.running.participants) == (None, None, 0)
    customer = client.get_own_customer().id
    assert await waiting.get_balance(customer) == report
    assert list(client.list_credits(customer)) == []
    with pytest.raises(PermissionDenied):
        client.add_credit(customer, credits=5)


def test_a_person_is_exported_and_erased(client: Client) -> None:
    last = client.export_person(party="+15550199").text.splitlines()[-1]
    assert json.loads(last) == {"kind": "report", "data": {}}
    assert client.erase_person(party="+15550199", rooms="keep").calls == 0


async def test_a_room_is_connected_to_a_program(server: Server, waiting: AsyncClient) -> None:
    room = server.new_room()
    async with open_program() as program:
        stream = await waiting.start_conference_stream(
            room, url=program.url, sample_rate=24000, listen="mix", parameters={"bot": "support"}
        )
        assert (stream.conference_id, stream.status, stream.tm_end) == (UUID(room), "connecting", None)
        await until(lambda: bool(program.events("start")))
        assert program.events("start")[0]["parameters"] == stream.parameters == {"bot": "support"}
        assert [each.id for each in (await waiting.list_conference_streams(room)).result] == [stream.id]
        assert (await waiting.stop_media_stream(stream.id)).status == "ended"
        with pytest.raises(Conflict):
            await waiting.stop_media_stream(stream.id)
        assert (await waiting.get_media_stream(stream.id)).tm_end is not None


async def test_a_room_has_one_speaking_until_it_is_stopped(
    server: Server, client: Client, waiting: AsyncClient
) -> None:
    room = server.new_room()
    speaking = client.create_speaking(reference_type="conference", reference_id=room)
    assert (speaking.reference_id, speaking.status) == (UUID(room), "active")
    with pytest.raises(Conflict):
        await waiting.create_speaking(reference_type="conference", reference_id=room)
    assert client.say_in_speaking(speaking.id, text="Five minutes are left.").id == speaking.id
    assert (await waiting.flush_speaking(speaking.id)).status == "active"
    assert (await waiting.stop_speaking(speaking.id)).status == "stopped"
    assert speaking.id in [each.id for each in client.list_speakings(page_size=1)]
