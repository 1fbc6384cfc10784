"""26: terminating a conference ends its recording, and the file can be downloaded."""

import io
import wave

from tests.api.client import ApiClient

NIL = "00000000-0000-0000-0000-000000000000"


async def test_18_26_recording_ends_with_the_room(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    _, started = await api.send("POST", f"{path}/recording_start")
    recording = started["recording_id"]
    status, ended = await api.send("DELETE", path)
    assert (status, ended["status"]) == (200, "terminated")
    assert (ended["recording_id"], ended["recording_ids"]) == (NIL, [recording])
    _, row = await api.get(f"/v1.0/recordings/{recording}")
    assert row["status"] == "ended"
    async with api.request("GET", f"/v1.0/recordingfiles/{recording}") as response:
        assert response.status == 200
        with wave.open(io.BytesIO(await response.read())) as file:
            assert file.getnchannels() == 1
