"""Entity tags: 304 for a current tag, 412 for an outdated one (RFC 9110 section 13)."""

import pytest

from tests.api.client import ApiClient
from tests.support.waiting import until

API = "/v1.0/conferences"


async def tag_of(api: ApiClient, path: str) -> str:
    async with api.request("GET", path) as response:
        assert response.status == 200
        return response.headers["ETag"]


async def test_tag_changes_only_with_the_resource(api: ApiClient) -> None:
    room = await api.room()
    path = f"{API}/{room['id']}"
    before = await tag_of(api, path)
    assert await tag_of(api, path.replace("/v1.0", "/v1")) == before
    await api.send("POST", f"{path}/recording_start")
    assert await tag_of(api, path) != before


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_current_if_none_match_is_304(api: ApiClient, form: str) -> None:
    path = f"{API}/{(await api.room())['id']}"
    tag = await tag_of(api, path)
    async with api.request("GET", path, headers={"If-None-Match": form.format(tag)}) as response:
        assert (response.status, await response.read()) == (304, b"")
        assert response.headers["ETag"] == tag
        assert response.headers["X-Request-Id"]


async def test_if_none_match_of_another_tag_is_200(api: ApiClient) -> None:
    path = f"{API}/{(await api.room())['id']}"
    async with api.request("GET", path, headers={"If-None-Match": '"other"'}) as response:
        assert response.status == 200


@pytest.mark.parametrize("form", ['"other"', "W/{}"])
async def test_stale_or_weak_if_match_is_412(api: ApiClient, form: str) -> None:
    path = f"{API}/{(await api.room())['id']}"
    tag = await tag_of(api, path)
    status, answer = await api.send("DELETE", path, headers={"If-Match": form.format(tag)})
    assert (status, answer["error"]["reason"]) == (412, "PRECONDITION_FAILED")
    assert await tag_of(api, path) == tag


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
async def test_current_if_match_is_accepted(api: ApiClient, form: str) -> None:
    path = f"{API}/{(await api.room())['id']}"
    tag = await tag_of(api, path)
    status, gone = await api.send("DELETE", path, headers={"If-Match": form.format(tag)})
    assert (status, gone["status"]) == (200, "terminated")


async def test_unknown_resource_is_404_with_any_condition(api: ApiClient) -> None:
    status, answer = await api.send(
        "DELETE", f"{API}/{'0' * 8}-0000-4000-8000-{'0' * 12}", headers={"If-Match": "*"}
    )
    assert (status, answer["error"]["reason"]) == (404, "CONFERENCE_NOT_FOUND")


async def test_lists_and_errors_have_no_entity_tag(api: ApiClient) -> None:
    for path in (API, f"{API}/room"):
        async with api.request("GET", path) as response:
            assert "ETag" not in response.headers


async def test_recordings_and_their_files_have_entity_tags(api: ApiClient) -> None:
    path = f"{API}/{(await api.room())['id']}"
    _, started = await api.send("POST", f"{path}/recording_start")
    recording = started["recording_id"]
    await api.send("POST", f"{path}/recording_stop")

    async def ended() -> bool:
        return bool((await api.get(f"/v1.0/recordings/{recording}"))[1]["status"] == "ended")

    await until(ended)
    for resource in ("recordings", "recordingfiles"):
        tag = await tag_of(api, f"/v1.0/{resource}/{recording}")
        headers = {"If-None-Match": tag}
        async with api.request("GET", f"/v1.0/{resource}/{recording}", headers=headers) as response:
            assert response.status == 304
