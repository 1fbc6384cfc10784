"""50: killed at random moments under load, the server restarts without a lost change and without participants left behind."""

import io
import random
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import ON_POSTGRESQL, database_url, execute
from tests.support.server import ACCESS_KEY, Answer, Server
from tests.support.server_load import Promises, ServerLoad
from tests.support.waiting import eventually, play_for

SEED = 50
ROUNDS = 2
UNSET = "9999-01-01 00:00:00.000000"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {"MIXMINUS_DATABASE_URL": database_url(tmp_path)} if ON_POSTGRESQL else {}
    with Server(tmp_path, **settings) as running:
        yield running


def test_18_50_no_acknowledged_change_is_lost_and_no_participant_is_left(server: Server) -> None:
    chance = random.Random(SEED)
    kept = Promises()
    for number in range(ROUNDS):
        with ServerLoad(server, seed=SEED + 100 * number) as load:
            if number == 0:
                eventually(
                    lambda: load.promises.of_every_kind,
                    timeout_s=90,
                    what="the load has made every kind of change",
                )
            play_for(chance.uniform(1.0, 2.5))
            server.kill()
            # Before the next start: a late request to the new server would look like a leftover of the old one.
            load.stop()
            server.start()
        kept.absorb(load.promises)
        assert_rooms_are_as_promised(server, kept)
        assert_recordings_are_whole(server, kept)
        assert_no_participant_is_left(server, kept)
        assert_keys_are_remembered(server, load.promises)
    assert "Traceback" not in server.log, server.log[-3000:]


def assert_rooms_are_as_promised(server: Server, promises: Promises) -> None:
    for room, name in promises.rooms.items():
        seen = server.room(room)
        assert (seen["name"], seen["conferencecall_ids"]) == (name, [])
        if room in promises.deleted:
            assert (seen["status"], seen["tm_end"] != UNSET) == ("terminated", True)
        elif room not in promises.asked_to_delete:
            assert (seen["status"], seen["tm_delete"]) == ("progressing", UNSET)
        else:
            assert seen["status"] in ("progressing", "terminated")


def assert_recordings_are_whole(server: Server, promises: Promises) -> None:
    for recording, room in promises.recordings.items():
        assert recording in server.room(room)["recording_ids"]
        assert server.call("GET", f"/recordings/{recording}").json["status"] == "ended"
        with wave.open(io.BytesIO(server.call("GET", f"/recordingfiles/{recording}").body)) as file:
            assert file.getnchannels() == 1


def assert_no_participant_is_left(server: Server, promises: Promises) -> None:
    participants = everything(server, "/conferencecalls")
    assert promises.participants | promises.kicked <= {each["id"] for each in participants}
    assert {each["status"] for each in participants} <= {"leaved"}
    assert {each["status"] for each in everything(server, "/calls")} <= {"hangup"}


def assert_keys_are_remembered(server: Server, promises: Promises) -> None:
    names = [each["name"] for each in everything(server, "/conferences")]
    assert len(names) == len(set(names))
    for key in promises.asked_keys:
        answer = repeat(server, key)
        if key in promises.keys:
            assert (answer.status, answer.json["id"]) == (200, promises.keys[key])
        elif answer.status == 409:
            assert answer.json["error"]["reason"] == "IDEMPOTENCY_OUTCOME_UNKNOWN"


def repeat(server: Server, key: str) -> Answer:
    """Repeat a creation with its idempotency key; one of the two possible bodies is the one sent before."""
    for timeout in (0, 3600):
        answer = server.request(
            "POST",
            "/v1.0/conferences",
            body=f'{{"type":"conference","name":"load {key}","timeout":{timeout}}}'.encode(),
            headers={"Authorization": f"Bearer {ACCESS_KEY}", "Idempotency-Key": key},
        )
        if answer.status != 422:
            break
    return answer


def everything(server: Server, collection: str) -> list[dict[str, Any]]:
    """Return the items of all pages of a list."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        page = server.call("GET", f"{collection}?page_token={token}").json
        found += page["result"]
        token = page["next_page_token"].replace(" ", "+")
        if not token:
            return found


def test_18_50_timeouts_continue_after_a_restart(server: Server, tmp_path: Path) -> None:
    passed, soon, later = (server.new_room(timeout=3600) for _ in range(3))
    server.kill()
    # For one room an hour less a second passes, for the other the whole hour.
    for room, remaining_s in ((passed, -10), (soon, 4)):
        end = (datetime.now(UTC) + timedelta(seconds=remaining_s)).strftime("%Y-%m-%d %H:%M:%S.%f")
        id_ = room if ON_POSTGRESQL else room.replace("-", "")
        execute(
            tmp_path if ON_POSTGRESQL else tmp_path / "data",
            f"UPDATE conferences SET tm_timeout = '{end}' WHERE id = '{id_}';",
        )
    server.start()
    eventually(
        lambda: server.room(passed)["status"] == "terminated",
        what="the room whose timeout had passed terminates",
    )
    eventually(
        lambda: server.room(soon)["status"] == "terminated", what="the room whose timeout is near terminates"
    )
    assert server.room(later)["status"] == "progressing"
