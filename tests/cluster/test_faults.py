"""Nodes that freeze, are killed, lose the database, or cannot reach each other, while a phone is in a call."""

import itertools
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

from urllib3.exceptions import HTTPError

from tests.chaos.witness import MOST_GAP_S, Witness
from tests.support.database import postgresql_url
from tests.support.netns import ADDRESS
from tests.support.nodes import living, numbers, running_nodes
from tests.support.ports import free_port
from tests.support.postgresql import PostgreSQL
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import tone
from tests.support.waiting import eventually, play_for

TAKEN_OVER_S: Final = 60
LEASE_S: Final = 6
HOME_ADDRESS: Final = "10.99.7.1"


def folders(directory: Path, count: int) -> list[Path]:
    made = [directory / f"node{number}" for number in range(count)]
    for folder in made:
        folder.mkdir()
    return made


def assert_whole(node: Server, room: str) -> None:
    """Assert that the numbers of a room's events have no gap and no repetition."""
    found = numbers(node, room)
    assert found == list(range(1, len(found) + 1))


class Renaming:
    """A thread that renames a room through a node, and keeps the names that were acknowledged."""

    def __init__(self, node: Server, room: str, word: str) -> None:
        self.acknowledged: list[str] = []
        self._node, self._path, self._word = node, f"/conferences/{room}", word
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            name = f"{self._word} {count}"
            with suppress(HTTPError, OSError):
                if self._node.call("PUT", self._path, {"name": name}, timeout_s=5).status == 200:
                    self.acknowledged.append(name)
            self._stop.wait(0.05)


def names(node: Server, room: str) -> list[str]:
    """Return the names in the events of a room, in order."""
    found: list[str] = []
    after = 0
    while True:
        page = node.call("GET", f"/events?after={after}").json
        if not page["result"]:
            return found
        after = page["next_after"]
        found += [
            each["data"]["name"]
            for each in page["result"]
            if each["type"] == "conference_updated" and each["data"]["id"] == room
        ]


def test_a_node_that_was_frozen_writes_nothing_more_and_ends(tmp_path: Path) -> None:
    with running_nodes(folders(tmp_path, 3), postgresql_url()) as (home, other, third):
        room = home.new_room(name="before")
        with RawPhone(patience_s=TAKEN_OVER_S) as phone:
            phone.dial((ADDRESS, home.sip_port), room)
            phone.talk(tone(500.0, 1.0, sample_rate_hz=8000))
            home.wait_for_participants(room, 1)
            with Renaming(home, room, "at home") as at_home, Renaming(other, room, "elsewhere") as elsewhere:
                eventually(lambda: at_home.acknowledged and elsewhere.acknowledged, what="both are written")
                home.process.send_signal(signal.SIGSTOP)
                before = len(elsewhere.acknowledged)
                eventually(
                    lambda: len(elsewhere.acknowledged) > before + 2,
                    timeout_s=TAKEN_OVER_S,
                    what="another node is the room's home",
                )
                home.process.send_signal(signal.SIGCONT)
                assert home.process.wait(TAKEN_OVER_S) == 1
            eventually(lambda: "BYE" in phone.requests(), what="the phone is sent a BYE")
            phone.forget()
        assert "declared this one gone" in home.log
        third.wait_for_participants(room, 0)
        assert_whole(third, room)
        # The claim of the room is an event too, with the name that it had.
        written = [name for name, _ in itertools.groupby(names(third, room))]
        for acknowledged in (at_home.acknowledged, elsewhere.acknowledged):
            assert [each for each in written if each in acknowledged] == acknowledged
        calls = third.call("GET", "/calls").json["result"]
        assert [each["status"] for each in calls] == ["hangup"]
        assert len(living(third.call("GET", "/nodes"))) == 2


def test_a_recording_of_a_killed_node_is_completed_when_it_starts_again(tmp_path: Path) -> None:
    with running_nodes(folders(tmp_path, 2), postgresql_url()) as (home, other):
        room = home.new_room()
        with RawPhone(patience_s=TAKEN_OVER_S) as phone:
            phone.dial((ADDRESS, home.sip_port), room)
            phone.talk(tone(500.0, 1.0, sample_rate_hz=8000))
            home.wait_for_participants(room, 1)
            assert other.call("POST", f"/conferences/{room}/recording_start", {}).status == 200
            cut = other.room(room)["recording_id"]
            play_for(2)
            home.kill()
            phone.forget()
            eventually(
                lambda: other.call("POST", f"/conferences/{room}/recording_start", {}).status == 200,
                timeout_s=TAKEN_OVER_S,
                what="the room is recorded by its new home",
            )
        begun = other.room(room)["recording_id"]
        assert begun != cut
        assert other.call("GET", f"/recordings/{cut}").json["status"] == "stopping"
        home.start()
        eventually(
            lambda: other.call("GET", f"/recordings/{cut}").json["status"] == "ended",
            timeout_s=TAKEN_OVER_S,
            what="the recording is complete",
        )
        assert len(other.call("GET", f"/recordingfiles/{cut}").body) > 2 * 8000
        assert home.call("GET", f"/recordings/{begun}").json["status"] == "recording"
        assert_whole(home, room)


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    running = PostgreSQL()
    try:
        yield running
    finally:
        running.close()


def test_the_database_restarts_while_nodes_run(tmp_path: Path) -> None:
    with (
        postgresql() as database,
        running_nodes(folders(tmp_path, 2), database.create("shared")) as nodes,
        Witness(nodes[0]) as witness,
    ):
        ids = [node.call("GET", "/nodes").json["here"] for node in nodes]
        with witness.watch() as seen:
            database.stop()
            refused = [node.call("PUT", f"/conferences/{witness.room}", {"name": "lost"}) for node in nodes]
            play_for(LEASE_S + 3)  # the leases of all nodes lapse
            database.start()
            for node in nodes:
                eventually(
                    lambda node=node: (  # type: ignore[misc]
                        node.call("PUT", f"/conferences/{witness.room}", {"name": "new"}).status == 200
                    ),
                    timeout_s=TAKEN_OVER_S,
                    what="decisions are taken again",
                )
        assert {each.status for each in refused} == {503}
        assert seen.gap_s < MOST_GAP_S
        witness.check()
        assert [node.call("GET", "/nodes").json["here"] for node in nodes] == ids
        assert len(living(nodes[0].call("GET", "/nodes"))) == len(nodes), "none was declared gone"
        assert_whole(nodes[1], witness.room)


def _address(verb: str) -> None:
    subprocess.run(["ip", "addr", verb, f"{HOME_ADDRESS}/32", "dev", "lo"], check=True)


def test_nodes_that_cannot_reach_each_other_keep_what_they_have(tmp_path: Path) -> None:
    _address("add")
    home_folder, other_folder = folders(tmp_path, 2)
    address = f"{HOME_ADDRESS}:{free_port(HOME_ADDRESS)}"
    url = postgresql_url()
    with (
        running_nodes([home_folder], url, MIXMINUS_CLUSTER_ADDRESS=address) as (home,),
        running_nodes([other_folder], url, known=2) as (other,),
        Witness(home) as witness,
    ):
        path = f"/conferences/{witness.room}"
        eventually(lambda: _renamed(other, path), what="the other node reaches the room")
        with witness.watch() as seen:
            _address("del")
            try:
                refused = other.call("PUT", path, {"name": "cut"})
                begun_s = time.monotonic()
                while time.monotonic() < begun_s + LEASE_S + 3:  # a lease that is not renewed lapses
                    assert home.call("PUT", path, {"name": "home"}).status == 200
                    play_for(0.5)
            finally:
                _address("add")
            eventually(lambda: _renamed(other, path), timeout_s=TAKEN_OVER_S, what="the link is back")
        assert (refused.status, refused.json["error"]["reason"]) == (503, "NODE_UNREACHABLE")
        assert refused.headers["Retry-After"]
        assert seen.gap_s < MOST_GAP_S
        witness.check()
        assert len(living(home.call("GET", "/nodes"))) == 2
        assert_whole(other, witness.room)


def _renamed(node: Server, path: str) -> Any:
    return node.call("PUT", path, {"name": "reached"}).status == 200
