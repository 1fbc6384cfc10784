"""Churn: phones that join, talk and leave, rooms that are made, recorded and deleted, and requests of the API."""

import random
import threading
from collections.abc import Callable
from typing import Any, Final, Self

from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import tone

__all__ = ["Churn"]

_ROOMS: Final = 4
_PHONES: Final = 5
_VOICE: Final = tone(440.0, 1.0, sample_rate_hz=8000)
_AFTER_FAILURE_S: Final = 1.0
_LISTS: Final = ("/conferences", "/conferencecalls", "/calls", "/recordings", "/events", "/flows")


class Churn:
    """A context manager: threads that keep a server busy until its end."""

    def __init__(self, server: Server, seed: int, *, pace: float = 1.0) -> None:
        """``pace``: by what pauses are divided."""
        self._pace = pace
        self.calls = self.requests = 0
        self.failures: list[str] = []
        """What did not go as it should; none is expected."""
        self._server = server
        self._stop = threading.Event()
        self._counted = threading.Lock()
        self._rooms = [server.new_room() for _ in range(_ROOMS)]
        works = [self._phone] * _PHONES + [self._client]
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, random.Random(seed + number)), daemon=True)
            for number, work in enumerate(works)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[random.Random], None], rng: random.Random) -> None:
        while not self._stop.is_set():
            try:
                work(rng)
            except Exception as error:  # noqa: BLE001 -- counted and shown at the end
                self.failures.append(f"{type(error).__name__}: {str(error)[:200]}")
                self._stop.wait(_AFTER_FAILURE_S)

    def _phone(self, rng: random.Random) -> None:
        """Join a room, talk for some seconds, and hang up."""
        with RawPhone(patience_s=20) as phone:
            phone.dial((self._server.host, self._server.sip_port), rng.choice(self._rooms))
            phone.talk(_VOICE)
            self._stop.wait(rng.uniform(0.5, 4.0) / self._pace)
        with self._counted:
            self.calls += 1

    def _client(self, rng: random.Random) -> None:
        """Record a room for some seconds; make, change and delete another; read lists."""
        room = rng.choice(self._rooms)
        self._ask("POST", f"/conferences/{room}/recording_start", {"stems": rng.random() < 0.5})
        try:
            self._change_and_list(rng)
        finally:
            # Even after a failure: a recording that is left would keep files open, and refuse the next one.
            self._ask("POST", f"/conferences/{room}/recording_stop")
        for each in self._ask("GET", "/recordings")["result"]:
            if each["status"] == "ended":
                self._ask("DELETE", f"/recordings/{each['id']}")

    def _change_and_list(self, rng: random.Random) -> None:
        made = self._ask("POST", "/conferences", {"type": "conference", "name": "soak"})["id"]
        for _ in range(20):
            self._ask("GET", rng.choice(_LISTS))
            self._stop.wait(0.1 / self._pace)
        self._ask("PUT", f"/conferences/{made}", {"name": "changed"})
        self._ask("DELETE", f"/conferences/{made}")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._server.call(method, path, body)
        assert reply.status == 200, (method, path, reply.status, reply.body[:200])
        self.requests += 1
        return reply.json
