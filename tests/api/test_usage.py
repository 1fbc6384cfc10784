"""GET /usage in pages and as CSV; balances over HTTP: who may add credits, and 402 when they are used up."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from mixminus.model.ids import CustomerId
from mixminus.model.permissions import Permission
from mixminus.model.usage import shares
from tests.api.client import KEY, ApiClient
from tests.api.test_permissions import session

FIRST = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAYS = 4


async def customer_of(api: ApiClient, token: str = KEY) -> CustomerId:
    return (await api.access.authenticate(token)).customer_id


async def fill(api: ApiClient) -> list[str]:
    """Write the usage of two rooms: each day one minute of the first, two of the second; return their ids."""
    customer_id = await customer_of(api)
    rooms = []
    for name, minutes in (("=weekly", 1), ("daily, all", 2)):
        _, room = await api.post("/v1.0/conferences", {"type": "conference", "name": name})
        rooms.append(room["id"])
        async with api.store.transaction() as tx:
            for number in range(DAYS):
                joined = FIRST + timedelta(days=number)
                for share in shares(joined, joined + timedelta(minutes=minutes)):
                    await tx.usage.add(customer_id, UUID(room["id"]), share, 0)
    return rooms


async def pages(api: ApiClient, query: str) -> list[dict[str, Any]]:
    """Return all rows of a report, two a page."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        status, page = await api.get(f"/v1.0/usage?page_size=2&page_token={token}&{query}")
        assert status == 200, page
        assert len(page["result"]) <= 2
        found += page["result"]
        token = page["next_page_token"]
        if not token:
            return found


async def test_usage_is_listed_by_day_and_room_in_pages(api: ApiClient) -> None:
    rooms = await fill(api)
    rows = await pages(api, "")
    assert len(rows) == 2 * DAYS
    assert [row["day"] for row in rows] == sorted((row["day"] for row in rows), reverse=True)
    assert {row["conference_id"] for row in rows} == set(rooms)
    first = next(row for row in rows if row["conference_id"] == rooms[0])
    assert first == {
        "day": "2026-11-04",
        "conference_id": rooms[0],
        "conference_name": "=weekly",
        "participants": 1,
        "seconds": 60.0,
        "minutes": 1,
        "credits": 0,
    }


async def test_usage_is_summed_by_day_and_by_room(api: ApiClient) -> None:
    rooms = await fill(api)
    days = await pages(api, "by=day")
    assert [(row["day"], row["minutes"], row["conference_id"]) for row in days] == [
        (str(date(2026, 11, 5 - number)), 3, "00000000-0000-0000-0000-000000000000")
        for number in range(1, DAYS + 1)
    ]
    by_room = await pages(api, "by=room")
    assert {row["conference_id"]: (row["day"], row["minutes"], row["participants"]) for row in by_room} == {
        rooms[0]: (None, DAYS, DAYS),
        rooms[1]: (None, 2 * DAYS, DAYS),
    }


async def test_usage_of_some_days_and_of_one_room(api: ApiClient) -> None:
    rooms = await fill(api)
    rows = await pages(api, f"since=2026-11-02&until=2026-11-03&conference_id={rooms[1]}")
    assert [(row["day"], row["minutes"]) for row in rows] == [("2026-11-03", 2), ("2026-11-02", 2)]


async def test_csv_has_all_rows_and_no_formula(api: ApiClient) -> None:
    await fill(api)
    async with api.request("GET", "/v1.0/usage/export?by=room") as response:
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
        text = await response.text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["conference_name"], row["minutes"], row["seconds"]) for row in rows} == {
        ("'=weekly", str(DAYS), "240.000"),
        ("daily, all", str(2 * DAYS), "480.000"),
    }


@pytest.mark.parametrize(
    "query", ["since=x", "until=2026-13-01", "by=year", "page_token=zz", "by=room&page_token=1"]
)
async def test_a_report_that_cannot_be_made_is_refused(api: ApiClient, query: str) -> None:
    assert (await api.get(f"/v1.0/usage?{query}"))[0] == 400


async def test_usage_is_of_the_own_customer(api: ApiClient) -> None:
    rooms = await fill(api)
    other = await api.other_customer()
    for path in ("usage", f"usage?conference_id={rooms[0]}", "usage?by=day"):
        status, page = await api.send("GET", f"/v1.0/{path}", token=other)
        assert (status, page["result"]) == (200, [])
    async with api.request("GET", "/v1.0/usage/export", token=other) as response:
        assert len((await response.text()).splitlines()) == 1


async def operator(api: ApiClient) -> str:
    """Return the token of the super admin."""
    await api.access.ensure_admin("long enough")
    _, login = await api.post("/auth/login", {"username": "admin", "password": "long enough"})
    return str(login["token"])


async def test_without_credits_new_rooms_and_calls_are_refused_by_402(api: ApiClient) -> None:
    token, customer_id = await operator(api), await customer_of(api)
    _, room = await api.post("/v1.0/conferences", {"type": "conference"})
    assert (await api.get("/v1.0/balance"))[1]["balance"] is None
    credits = f"/v1.0/customers/{customer_id}/credits"
    body = {"credit_id": str(uuid4()), "credits": 5, "detail": "invoice 1"}
    for _ in range(2):
        status, added = await api.send("POST", credits, token=token, json=body)
        assert (status, added["credits"], added["detail"]) == (200, 5, "invoice 1")
    assert (await api.get("/v1.0/balance"))[1]["available"] == 5
    await api.send("POST", credits, token=token, json={"credits": -5, "detail": "a correction"})
    target = {"destinations": [{"type": "sip", "target": "b@192.0.2.1"}]}
    for path, refused in (
        ("conferences", {"type": "conference"}),
        ("calls", target),
        ("groupcalls", target),
    ):
        status, answer = await api.post(f"/v1.0/{path}", refused)
        assert (status, answer["error"]["reason"]) == (402, "INSUFFICIENT_BALANCE"), path
    async with api.request(
        "POST",
        f"/v1.0/conferences/{room['id']}/whip",
        data="v=0\r\n",
        headers={"Content-Type": "application/sdp"},
    ) as response:
        assert response.status == 402
    _, listed = await api.get(credits)
    assert [each["credits"] for each in listed["result"]] == [-5, 5]
    _, audits = await api.send("GET", "/v1.0/audits", token=token)
    recorded = [each for each in audits["result"] if each["operation"] == "addCredit"]
    assert [(each["resource_id"], each["http_status"]) for each in recorded] == [(str(customer_id), 200)] * 3


async def test_a_credit_id_for_something_else_is_refused(api: ApiClient) -> None:
    token, customer_id = await operator(api), await customer_of(api)
    body = {"credit_id": str(uuid4()), "credits": 5}
    path = f"/v1.0/customers/{customer_id}/credits"
    await api.send("POST", path, token=token, json=body)
    status, answer = await api.send("POST", path, token=token, json=body | {"credits": 6})
    assert (status, answer["error"]["reason"]) == (409, "CREDIT_ID_REUSED")
    other = await customer_of(api, await api.other_customer())
    status, answer = await api.send("POST", f"/v1.0/customers/{other}/credits", token=token, json=body)
    assert (status, answer["error"]["reason"]) == (409, "CREDIT_ID_REUSED")


async def test_only_the_super_admin_adds_credits(api: ApiClient) -> None:
    customer_id = await customer_of(api)
    admin = await session(api, Permission.CUSTOMER_ADMIN)
    path = f"/v1.0/customers/{customer_id}/credits"
    for token in (KEY, admin):
        assert (await api.send("POST", path, token=token, json={"credits": 5}))[0] == 403
    assert (await api.get("/v1.0/balance"))[1]["balance"] is None
