"""Load on a server that will be killed: clients create, record, kick and delete while phones come and go.

What the server has acknowledged is kept as ``promises``, which must hold after its restart. The random choices
have a seed; the timing of the machine has none.
"""

import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

from urllib3.exceptions import HTTPError

from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.tones import TONES_HZ, tone

__all__ = ["Promises", "ServerLoad"]

CLIENTS = 3
PHONES = 4
VOICE = tone(TONES_HZ[0], 1.0, sample_rate_hz=8000)


@dataclass
class Promises:
    """What the server has acknowledged, or may have been about to acknowledge."""

    rooms: dict[str, str] = field(default_factory=dict)
    """Names of rooms whose creation was acknowledged, by id."""
    keys: dict[str, str] = field(default_factory=dict)
    """Rooms by the Idempotency-Key of their creation."""
    asked_keys: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    asked_to_delete: set[str] = field(default_factory=set)
    recordings: dict[str, str] = field(default_factory=dict)
    """Rooms by the id of a recording whose start was acknowledged."""
    participants: set[str] = field(default_factory=set)
    """Ids of participants that were seen in a room."""
    kicked: set[str] = field(default_factory=set)

    def absorb(self, later: "Promises") -> None:
        """Add the promises of another run."""
        for name, value in vars(later).items():
            getattr(self, name).update(value)

    @property
    def of_every_kind(self) -> bool:
        """Whether there is at least one promise of each kind."""
        return all((self.recordings, self.participants, self.deleted, self.kicked))

    @property
    def open_rooms(self) -> list[str]:
        return sorted(self.rooms.keys() - self.asked_to_delete)


class ServerLoad:
    """Threads that keep a server busy; a context manager that survives the server's death."""

    def __init__(self, server: Server, seed: int) -> None:
        self._server = server
        self._stop = threading.Event()
        self.promises = Promises()
        works = [self._act_as_client] * CLIENTS + [self._act_as_phone] * PHONES
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, random.Random(seed + number)), daemon=True)
            for number, work in enumerate(works)
        ]

    def __enter__(self) -> Self:
        for _ in range(2):
            self._create(random.Random(0))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop beginning new work, and wait until all threads have ended."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Any, rng: random.Random) -> None:
        with suppress(HTTPError, OSError):
            while not self._stop.is_set():
                work(rng)

    def _act_as_client(self, rng: random.Random) -> None:
        steps = (self._create, self._record, self._look, self._kick, self._delete)
        rng.choices(steps, weights=(2, 4, 3, 4, 1))[0](rng)

    def _act_as_phone(self, rng: random.Random) -> None:
        room = self._room(rng)
        # A room may have been deleted meanwhile, and a phone whose server died gets no response.
        with suppress(AssertionError), RawPhone() as phone:
            phone.dial((self._server.host, self._server.sip_port), room)
            phone.talk(VOICE)
            self._stop.wait(rng.uniform(0.2, 1.0))
            if self._stop.is_set():
                raise TimeoutError  # leave without BYE: the server is dead

    def _create(self, rng: random.Random) -> None:
        key = str(uuid4())
        name = f"load {key}"
        self.promises.asked_keys.add(key)
        answer = self._server.request(
            "POST",
            "/v1.0/conferences",
            body=f'{{"type":"conference","name":"{name}","timeout":{rng.choice((0, 3600))}}}'.encode(),
            headers={"Authorization": f"Bearer {ACCESS_KEY}", "Idempotency-Key": key},
        )
        assert answer.status == 200, answer.body
        self.promises.keys[key] = answer.json["id"]
        self.promises.rooms[answer.json["id"]] = name

    def _record(self, rng: random.Random) -> None:
        room = self._room(rng)
        answer = self._server.call("POST", f"/conferences/{room}/recording_start")
        if answer.status == 200:
            self.promises.recordings[answer.json["recording_id"]] = room
        elif rng.random() < 0.5:
            self._server.call("POST", f"/conferences/{room}/recording_stop")

    def _look(self, rng: random.Random) -> None:
        for room in self.promises.open_rooms:
            self.promises.participants.update(self._server.participants(room))

    def _kick(self, rng: random.Random) -> None:
        present = self._server.call("GET", "/conferencecalls").json["result"]
        here = [each["id"] for each in present if each["status"] in ("joining", "joined")]
        if (
            here
            and self._server.call("DELETE", f"/conferencecalls/{(one := rng.choice(here))}").status == 200
        ):
            self.promises.kicked.add(one)

    def _delete(self, rng: random.Random) -> None:
        if len(self.promises.open_rooms) < 2:
            return
        room = self._room(rng)
        self.promises.asked_to_delete.add(room)
        assert self._server.call("DELETE", f"/conferences/{room}").status == 200
        self.promises.deleted.add(room)

    def _room(self, rng: random.Random) -> str:
        return rng.choice(self.promises.open_rooms)
