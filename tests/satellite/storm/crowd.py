"""Crowd: what people do during a storm, at nodes that are taken by chance."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Self

from tests.satellite.storm.members import Member, call
from tests.satellite.storm.site import Node, Site
from tests.support.server import Answer
from tests.support.tones import TONES_HZ

__all__ = ["OWN_TONES", "Crowd"]

OWN_TONES: Final = 3
"""The first tones are of phones that are never sent away."""
_MOST_GUESTS: Final = 6
_MOST_ROOMS: Final = 3
_PAUSE_S: Final = 0.3


class Crowd:
    """A thread, from ``with`` to its end; its phones stay in their rooms."""

    def __init__(self, site: Site, chance: random.Random, steady_rooms: Sequence[str]) -> None:
        self.guests: list[Member] = []
        self.rooms: list[str] = []
        """Those that are deleted by chance."""
        self.deleted: list[str] = []
        self.done: Counter[str] = Counter()
        self._site = site
        self._chance = chance
        self._steady = steady_rooms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._acts: dict[Callable[[Node], None], int] = {
            self._join: 5,
            self._leave: 3,
            self._kick: 3,
            self._record: 3,
            self._rename: 2,
            self._mute: 2,
            self._make: 2,
            self._delete: 1,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._chance.uniform(0, _PAUSE_S)):
                if up := self._site.up:
                    [act] = self._chance.choices(list(self._acts), list(self._acts.values()))
                    act(self._chance.choice(up))
        except Exception as error:  # noqa: BLE001 -- it is shown when the storm is over
            self._site.fault(f"the crowd has ended: {error!r}")

    def _any_room(self) -> str:
        return self._chance.choice([*self.rooms, *self._steady])

    def _count(self, what: str, answer: Answer | None) -> bool:
        self.done[f"{what} {answer.status if answer else 'unanswered'}"] += 1
        return answer is not None and answer.status == 200

    def _join(self, node: Node) -> None:
        for guest in [each for each in self.guests if not each.lives]:
            guest.end(self._site)
            self.guests.remove(guest)
        if len(self.guests) < _MOST_GUESTS:
            hz = self._chance.choice(TONES_HZ[OWN_TONES:])
            came = call(node, self._any_room(), hz)
            self.done["join answered" if came else "join refused"] += 1
            self.guests += [came] if came else []

    def _leave(self, _: Node) -> None:
        if self.guests:
            self.guests.pop(self._chance.randrange(len(self.guests))).end(self._site)
            self.done["leave"] += 1

    def _participant(self, node: Node) -> str | None:
        """Return a participant in a room whose people may be sent away."""
        if not self.rooms:
            return None
        shown = self._site.ask(node, "GET", f"/conferences/{self._chance.choice(self.rooms)}")
        ids = shown.json["conferencecall_ids"] if shown and shown.status == 200 else []
        return self._chance.choice(ids) if ids else None

    def _kick(self, node: Node) -> None:
        if participant := self._participant(node):
            self._count("kick", self._site.ask(node, "DELETE", f"/conferencecalls/{participant}"))

    def _mute(self, node: Node) -> None:
        if participant := self._participant(node):
            muted = {"muted": self._chance.random() < 0.5}
            self._count("mute", self._site.ask(node, "PATCH", f"/conferencecalls/{participant}", muted))

    def _record(self, node: Node) -> None:
        verb = self._chance.choice(["start", "stop"])
        path = f"/conferences/{self._any_room()}/recording_{verb}"
        self._count(f"recording_{verb}", self._site.ask(node, "POST", path, {}))

    def _rename(self, node: Node) -> None:
        body = {"name": f"name {self._chance.random()}"}
        self._count("rename", self._site.ask(node, "PUT", f"/conferences/{self._any_room()}", body))

    def _make(self, node: Node) -> None:
        if len(self.rooms) < _MOST_ROOMS:
            answer = self._site.ask(node, "POST", "/conferences", {"type": "conference", "name": "storm"})
            if self._count("make", answer) and answer:
                self.rooms.append(answer.json["id"])

    def _delete(self, node: Node) -> None:
        if self.rooms:
            room = self._chance.choice(self.rooms)
            if self._count("delete", self._site.ask(node, "DELETE", f"/conferences/{room}")):
                self.rooms.remove(room)
                self.deleted.append(room)
