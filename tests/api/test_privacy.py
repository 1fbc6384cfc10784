"""POST /privacy/export and /privacy/erase: for admins, audited, in the shapes of the API."""

import orjson
import pytest

from mixminus.model.permissions import Permission
from tests.api.client import ApiClient
from tests.api.test_permissions import session
from tests.api.test_whip import join, offer, participant

__all__ = ["offer"]

REPORT = {
    *("calls", "participants", "transcripts", "messages", "groupcalls", "activeflows", "events"),
    *("recordings", "stems", "traces", "recordings_kept", "calls_in_progress"),
}


async def test_a_call_is_exported_and_left_while_it_goes_on(api: ApiClient, offer: str) -> None:
    room = await api.room()
    await join(api, room, offer)
    await participant(api, room, "joined")
    async with api.request("POST", "/v1.0/privacy/export", json={"party": "browser"}) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "application/x-ndjson")
        lines = [orjson.loads(line) for line in (await response.read()).splitlines()]
    assert [line["kind"] for line in lines] == ["call", "conferencecall", "report"]
    assert lines[0]["data"]["source"]["target"] == "browser"
    assert lines[-1]["data"] == {"call": 1, "conferencecall": 1}
    status, report = await api.post("/v1.0/privacy/erase", {"party": "browser"})
    assert status == 200
    assert report.keys() == REPORT
    assert (report["calls"], report["calls_in_progress"]) == (0, 1)
    _, audits = await api.get("/v1.0/audits")
    assert [each["operation"] for each in audits["result"]][:2] == ["erasePerson", "exportPerson"]


@pytest.mark.parametrize("path", ["export", "erase"])
async def test_only_admins_may(api: ApiClient, path: str) -> None:
    manager = await session(api, Permission.CUSTOMER_MANAGER)
    status, _ = await api.send("POST", f"/v1.0/privacy/{path}", token=manager, json={"party": "1"})
    assert status == 403
    for body in ({}, {"party": ""}, {"party": "sip:"}):
        assert (await api.post(f"/v1.0/privacy/{path}", body))[0] == 400


async def test_what_happens_to_recordings_is_one_of_three(api: ApiClient) -> None:
    status, _ = await api.post("/v1.0/privacy/erase", {"party": "1", "rooms": "all"})
    assert status == 400
