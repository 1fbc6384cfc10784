"""22: recording_start needs neither a body nor a participant."""

from tests.api.client import ApiClient


async def test_18_22_recording_starts_without_body_and_participants(api: ApiClient) -> None:
    room = await api.room()
    path = f"/v1.0/conferences/{room['id']}"
    status, first = await api.send("POST", f"{path}/recording_start")
    assert status == 200
    assert first["conferencecall_ids"] == []
    assert first["recording_ids"] == [first["recording_id"]]
    await api.send("POST", f"{path}/recording_stop")
    status, second = await api.send("POST", f"{path}/recording_start")
    assert status == 200
    assert second["recording_ids"] == [first["recording_id"], second["recording_id"]]
    _, recording = await api.get(f"/v1.0/recordings/{second['recording_id']}")
    assert (recording["status"], recording["reference_id"]) == ("recording", room["id"])
