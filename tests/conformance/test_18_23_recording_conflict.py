"""23: a second recording_start is a 409 and leaves the first recording running; recording needs a progressing conference."""

from dataclasses import replace
from uuid import UUID

import pytest

from mixminus.model.conference import ConferenceStatus
from mixminus.model.ids import ConferenceId
from tests.api.client import ApiClient
from tests.support.site import Site


async def test_18_23_second_start_is_refused_and_the_first_continues(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await api.send("POST", f"{path}/recording_start")
    status, answer = await api.send("POST", f"{path}/recording_start")
    assert (status, answer["error"]["reason"]) == (409, "RECORDING_ALREADY_ACTIVE")
    assert await api.get(path) == (200, started)
    _, recording = await api.get(f"/v1.0/recordings/{started['recording_id']}")
    assert recording["status"] == "recording"


@pytest.mark.parametrize(
    "status", [ConferenceStatus.STARTING, ConferenceStatus.TERMINATING, ConferenceStatus.TERMINATED]
)
async def test_18_23_recording_needs_a_progressing_room(site: Site, status: ConferenceStatus) -> None:
    room = await site.api.room()
    async with site.backend.store.transaction() as tx:
        conference = await tx.conferences.find_for_update(ConferenceId(UUID(room["id"])))
        assert conference is not None
        await tx.conferences.save(replace(conference, status=status))
    for verb in ("recording_start", "recording_stop"):
        status_code, answer = await site.api.send("POST", f"/v1.0/conferences/{room['id']}/{verb}")
        assert (status_code, answer["error"]["reason"]) == (409, "STATE_INVALID")
    assert (await site.conference(room["id"]))["recording_ids"] == []


async def test_18_23_terminated_room_is_not_recorded(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    await api.send("DELETE", path)
    for verb in ("recording_start", "recording_stop"):
        status, answer = await api.send("POST", f"{path}/{verb}")
        assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
