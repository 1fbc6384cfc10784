"""Both clients against a real server."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mixminus.client import ApiError, AsyncClient, Client, ConnectionFailed
from mixminus.client.errors import Conflict, NotFound
from mixminus.client.generated.reasons import ConferenceNotFound, InvalidCredentials, RecordingNotActive
from mixminus.client.retries import Retries
from tests.support.ports import free_port
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually


def test_answers_are_objects_with_uuids_and_times(client: Client) -> None:
    before = datetime.now(UTC)
    room = client.create_conference(type="conference", name="stand-up", data={"team": 7})
    assert isinstance(room.id, UUID)
    assert (room.name, room.data, room.type) == ("stand-up", {"team": 7}, "conference")
    assert room.tm_create is not None and before <= room.tm_create <= datetime.now(UTC)
    assert room.tm_end is None, "it has not ended"
    assert client.get_conference(room.id).id == room.id


def test_an_argument_that_is_left_out_gets_the_servers_default(client: Client) -> None:
    room = client.create_conference(type="conference", prompts="all")
    assert room.prompts == "all"
    assert client.update_conference(room.id, name="renamed").prompts == "pin"


def test_a_list_is_one_iterator_over_all_pages(client: Client) -> None:
    made = [client.create_conference(type="conference").id for _ in range(5)]
    listed = [room.id for room in client.list_conferences(page_size=2)]
    assert listed[:5] == made[::-1], "newest first"
    assert len(listed) == len(set(listed))


def test_a_refusal_is_an_exception_of_its_reason(client: Client) -> None:
    with pytest.raises(ConferenceNotFound) as caught:
        client.get_conference(uuid4())
    assert isinstance(caught.value, NotFound)
    assert (caught.value.http_status, caught.value.reason) == (404, "CONFERENCE_NOT_FOUND")
    assert caught.value.request_id.startswith("req_")
    room = client.create_conference(type="conference")
    eventually(lambda: client.get_conference(room.id).status == "progressing", what="the room progresses")
    with pytest.raises(RecordingNotActive) as refused:
        client.stop_recording(room.id)
    assert isinstance(refused.value, Conflict)


def test_a_wrong_key_is_an_exception(server: Server) -> None:
    with Client(server.url, key="vb_wrong") as client, pytest.raises(InvalidCredentials):
        list(client.list_conferences())


def test_a_refused_login_is_an_exception_without_a_reason(server: Server) -> None:
    with Client(server.url) as client, pytest.raises(ApiError) as caught:
        client.log_in(username="nobody@example.com", password="wrong-password")
    assert (caught.value.http_status, caught.value.reason) == (400, "")


def test_a_server_that_does_not_run_is_named() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}", retries=Retries(2, 0.01))
    with client, pytest.raises(ConnectionFailed, match="is the server running"):
        client.ping()


def test_texts_are_answers_with_headers(client: Client) -> None:
    answer = client.metrics()
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "mixminus_" in answer.text


def progressing(client: Client) -> UUID:
    """Make a room, wait until it progresses, and return its id."""
    room = client.create_conference(type="conference")
    eventually(lambda: client.get_conference(room.id).status == "progressing", what="the room progresses")
    return room.id


def recorded(client: Client, room_id: UUID) -> UUID:
    """Record a room for a moment; return the id of the recording."""
    recording_id = client.start_recording(room_id, format="wav").recording_id
    client.stop_recording(room_id)
    return recording_id


def test_a_recording_is_saved_with_its_progress(client: Client, tmp_path: Path) -> None:
    recording_id = recorded(client, progressing(client))
    eventually(lambda: client.get_recording(recording_id).status == "ended", what="the recording has ended")
    steps: list[tuple[int, int]] = []
    client.save_recording(recording_id, tmp_path / "a.wav", progress=lambda *step: steps.append(step))
    data = (tmp_path / "a.wav").read_bytes()
    assert data[:4] == b"RIFF" and data == client.download_recording(recording_id).body
    assert steps[-1] == (len(data), len(data))
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_the_recordings_of_one_room_are_listed(client: Client) -> None:
    room, other = (progressing(client) for _ in range(2))
    first, _, last = (recorded(client, each) for each in (room, other, room))
    found = client.list_recordings(page_size=1, reference_type="confbridge", reference_id=room)
    assert [each.id for each in found] == [last, first]


def test_a_recording_that_is_not_found_leaves_no_file(client: Client, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        client.save_recording(uuid4(), tmp_path / "a.wav")
    assert not list(tmp_path.iterdir())


async def test_the_async_client_does_the_same(server: Server, tmp_path: Path) -> None:
    async with AsyncClient(server.url, key=ACCESS_KEY) as client:
        room = await client.create_conference(type="conference", name="async")
        assert (await client.get_conference(room.id)).name == "async"
        assert room.id in [each.id async for each in client.list_conferences(page_size=1)]
        with pytest.raises(ConferenceNotFound):
            await client.get_conference(uuid4())
        with pytest.raises(NotFound):
            await client.save_recording(uuid4(), tmp_path / "a.wav")
        assert "mixminus_" in (await client.metrics()).text
        assert (await client.delete_conference(room.id)).id == room.id
