"""25: a recording with a duration of 5 s stops after 5 s; the conference and its events show it."""

import io
import wave
from typing import Any
from uuid import UUID

from tests.api.client import ApiClient
from tests.support.waiting import until

NIL = "00000000-0000-0000-0000-000000000000"
DURATION_S = 5


async def test_18_25_recording_stops_at_its_duration(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await api.post(f"{path}/recording_start", {"duration": DURATION_S})
    recording = started["recording_id"]

    async def cleared() -> dict[str, Any] | None:
        _, seen = await api.get(path)
        return seen if seen["recording_id"] == NIL else None

    seen = await until(cleared)
    assert seen["recording_ids"] == [recording]
    async with api.store.snapshot() as tx:
        events = await tx.outbox.read(UUID(room["id"]))
    assert [event.type for event in events][-2:] == ["recording_finished", "conference_updated"]
    assert events[-2].data["id"] == recording
    async with api.request("GET", f"/v1.0/recordingfiles/{recording}") as response:
        with wave.open(io.BytesIO(await response.read())) as file:
            assert file.getnframes() == DURATION_S * file.getframerate()


async def test_18_25_duration_is_limited_to_a_day(api: ApiClient) -> None:
    room = await api.room()
    status, started = await api.post(f"/v1.0/conferences/{room['id']}/recording_start", {"duration": 100_000})
    assert status == 200
    assert started["recording_id"] != NIL
