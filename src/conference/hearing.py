"""Hearing: who hears whom in one room, applied to its bridge, and to those of other nodes where its listeners are.

A change at one node is made at one tick. One that concerns several closes first, everywhere; what it opens is opened when
the other nodes have acknowledged that: a secret that moves from one listener to another is never heard by both.
"""

import math
from collections.abc import Callable, Mapping
from uuid import UUID

from mixminus.conference.errors import TooManyExceptions
from mixminus.conference.far_hears import Ports, places, set_cells
from mixminus.conference.listening import Listeners
from mixminus.mixer import Bridge, BridgePort
from mixminus.model.hears import MAX_CELLS, Cells, Hears, cells, changes, lowered, without
from mixminus.model.ids import NIL, ConferencecallId

__all__ = ["Hearing", "ignored"]


class Hearing:
    """The rules of one room, the cells that they give, and those that are set on bridges."""

    def __init__(
        self, bridge: Bridge, listeners: Listeners, ports: Callable[[], Mapping[ConferencecallId, BridgePort]]
    ) -> None:
        """``ports`` returns those of all participants that have a seat, also the closed ones."""
        self.rules = Hears()
        self.cells: Cells = {}
        """Of participants."""
        self.on_rules: Callable[[Hears], None] = ignored
        """Called with rules that have changed."""
        self._bridge = bridge
        self._listeners = listeners
        self._ports = ports
        self._lowered: dict[ConferencecallId, float] = {}
        self._applied: Cells = {}
        """As it is set."""
        self._wanted: Cells = {}
        """As it is to be set when all nodes have acknowledged what was closed."""
        self._number = 0
        self._awaited: dict[UUID, int] = {}
        """The nodes that have not acknowledged yet, and what."""

    def resume(self, rules: Hears, applied: Cells) -> None:
        """Take over a room's rules, and the cells that are set on the bridges of its nodes."""
        self._applied = applied
        for gone in rules.named - self._ports().keys():
            rules = without(rules, gone)
        self.set(rules)

    def set(self, rules: Hears, leaving: ConferencecallId | None = None) -> None:
        """Apply the rules to all participants but the one leaving, at one tick.

        Raises TooManyExceptions above the limit.
        """
        before = self.rules
        if rules.exceptions or rules.whispers or self._lowered or self._applied:
            self._apply(rules, leaving)
        self.rules = rules
        if rules != before:
            self.on_rules(rules)

    def acknowledge(self, node: UUID, number: int) -> None:
        """Note that a node has set what it was sent under this number; later ones count too."""
        if self._awaited.get(node, number + 1) <= number:
            self.release(node)

    def release(self, node: UUID) -> None:
        """Wait no more for a node: it has acknowledged everything, or has no leg in the room any more."""
        if self._awaited.pop(node, None) is not None and not self._awaited:
            self._change()

    def refresh(self) -> None:
        """Apply the rules again: a participant or a listener has come or gone; raises TooManyExceptions."""
        self.set(self.rules)

    def forget(self, leaving: ConferencecallId) -> None:
        """Remove the rules that name a participant that leaves."""
        self._lowered.pop(leaving, None)
        self.set(without(self.rules, leaving), leaving)

    def lower(self, listener: ConferencecallId, duck_db: float) -> None:
        """Lower all talkers by ``duck_db`` for one participant; 0 ends that."""
        self._lowered.pop(listener, None)
        if duck_db:
            self._lowered[listener] = duck_db
        self.refresh()

    def _apply(self, rules: Hears, leaving: ConferencecallId | None) -> None:
        every = self._ports()
        present = [id_ for id_ in every if id_ != leaving]
        wanted = cells(rules, [*present, *self._listeners])
        if len(wanted) > MAX_CELLS:
            raise TooManyExceptions(
                f"these rules need more than {MAX_CELLS} exceptions among the participants present"
            )
        self.cells = self._listeners.left_out(wanted)
        self._wanted = lowered(wanted, self._lowered, present)
        self._change()

    def _change(self) -> None:
        """Set what differs from what is wanted, as far as it may be set now."""
        ports = {id_: port for id_, port in self._ports().items() if not port.closed}
        ports.update(self._listeners.ports())
        due = changes(self._applied, self._wanted)
        first = due
        if self._awaited or len(places(ports, due)) > 1:
            first = {
                pair: gain_db
                for pair, gain_db in due.items()
                if _level(gain_db) < _level(self._applied.get(pair, 0.0))
            }
        self._set(ports, first)
        if len(first) < len(due):
            self._awaited.update(dict.fromkeys(places(ports, first) - {NIL}, self._number))
            if not self._awaited:
                self._set(ports, {pair: gain_db for pair, gain_db in due.items() if pair not in first})

    def _set(self, ports: Ports, due: Cells) -> None:
        if not due:
            return
        self._number += 1
        set_cells(self._bridge, ports, due, self._number)
        applied = {**self._applied, **due}
        self._applied = {pair: gain_db for pair, gain_db in applied.items() if gain_db != 0}


def _level(gain_db: float | None) -> float:
    """Return a gain that can be compared: silence is below all others."""
    return -math.inf if gain_db is None else gain_db


def ignored(_: object) -> None:
    """Do nothing: the room has no other node."""
