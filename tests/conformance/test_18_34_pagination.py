"""34: pages go back in time without gap or repetition, with any page size."""

import pytest

from tests.api.client import ApiClient
from tests.support.site import Site


async def test_18_34_150_rooms_are_two_pages(site: Site) -> None:
    made = []
    for _ in range(150):
        _, room = await site.api.post("/v1.0/conferences", {"type": "conference"})
        made.append(room["id"])
    # A room that is still starting would differ between two requests.
    for id_ in made:
        await site.becomes(id_, "progressing")
    _, first = await site.api.get("/v1.0/conferences")
    assert len(first["result"]) == 100
    _, second = await site.api.get(f"/v1.0/conferences?page_token={first['next_page_token']}")
    assert [room["id"] for room in first["result"] + second["result"]] == made[::-1]
    created = [room["tm_create"] for room in first["result"] + second["result"]]
    assert created == sorted(created, reverse=True)
    rfc3339 = first["next_page_token"].replace(" ", "T") + "Z"
    _, same = await site.api.get(f"/v1.0/conferences?page_token={rfc3339}")
    assert same == second
    for size in ("0", "-1", "1000"):
        _, page = await site.api.get(f"/v1.0/conferences?page_size={size}")
        assert page == first


async def test_18_34_an_empty_page_has_an_empty_token(api: ApiClient) -> None:
    assert await api.get("/v1.0/conferences") == (200, {"result": [], "next_page_token": ""})


@pytest.mark.parametrize("path", ["conferences", "conferencecalls", "calls", "recordings"])
async def test_18_34_page_size_that_is_not_a_number_is_refused(api: ApiClient, path: str) -> None:
    status, answer = await api.get(f"/v1.0/{path}?page_size=abc")
    assert (status, answer["error"]["reason"]) == (400, "INVALID_REQUEST_PARAMETER")
