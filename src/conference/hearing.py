"""Hearing: who hears whom in one room, applied to its bridge, and to those of other nodes where its listeners are."""

from collections.abc import Callable, Mapping

from mixminus.conference.errors import TooManyExceptions
from mixminus.conference.far_hears import set_cells
from mixminus.conference.listening import Listeners
from mixminus.mixer import Bridge, BridgePort
from mixminus.model.hears import MAX_CELLS, Cells, Hears, cells, changes, lowered, without
from mixminus.model.ids import ConferencecallId

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
        applied = lowered(wanted, self._lowered, present)
        ports = {id_: port for id_, port in every.items() if not port.closed}
        ports.update(self._listeners.ports())
        set_cells(self._bridge, ports, changes(self._applied, applied))
        self.cells, self._applied = self._listeners.left_out(wanted), applied


def ignored(_: object) -> None:
    """Do nothing: the room has no other node."""
