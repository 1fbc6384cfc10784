"""49: of many simultaneous kicks of one participant one succeeds; of many simultaneous joins none is lost."""

import asyncio

import pytest

from tests.support.site import Site

CROWD = 100


async def test_18_49_one_of_fifty_kicks_succeeds(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    answers = await asyncio.gather(
        *(site.api.send("DELETE", f"/v1.0/conferencecalls/{caller['id']}") for _ in range(50))
    )
    assert sorted(status for status, _ in answers) == [200] + [409] * 49
    assert [body["status"] for status, body in answers if status == 200] == ["leaving"]


async def test_18_49_fifty_deletes_act_once(site: Site) -> None:
    room = await site.api.room()
    answers = await asyncio.gather(
        *(site.api.send("DELETE", f"/v1.0/conferences/{room['id']}") for _ in range(50))
    )
    assert {status for status, _ in answers} == {200}
    assert {body["status"] for _, body in answers} == {"terminated"}


@pytest.mark.timeout(240)
async def test_18_49_hundred_simultaneous_joins_all_succeed(site: Site) -> None:
    room = await site.api.room()
    await asyncio.gather(*(site.backend.dial(room["id"]) for _ in range(CROWD)))
    joined = await site.participants(room["id"], "joined", CROWD)
    shown = await site.conference(room["id"])
    assert sorted(shown["conferencecall_ids"]) == sorted(each["id"] for each in joined)
