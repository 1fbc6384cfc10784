"""Listeners: ports that hear a room and are not participants: they are not heard, and not counted."""

from collections.abc import Iterator

from mixminus.mixer import BridgePort
from mixminus.model.hears import Cells
from mixminus.model.ids import ConferencecallId, ListenerId

__all__ = ["Listeners"]


class Listeners:
    """The listeners of one room. Rules of who hears whom treat them as participants that no rule names.

    So a whisper is kept from them. Their ids are never those of participants.
    """

    def __init__(self) -> None:
        self._ports: dict[ConferencecallId, BridgePort] = {}

    def __iter__(self) -> Iterator[ConferencecallId]:
        return iter(self._ports)

    def __len__(self) -> int:
        return len(self._ports)

    def add(self, listener_id: ListenerId, port: BridgePort) -> None:
        """Add a listener whose port has not joined the bridge yet."""
        self._ports[ConferencecallId(listener_id)] = port

    def remove(self, listener_id: ListenerId) -> None:
        """Remove a listener; removing one that is not there is harmless."""
        self._ports.pop(ConferencecallId(listener_id), None)

    def ports(self) -> dict[ConferencecallId, BridgePort]:
        """Return the ports that are open."""
        return {id_: port for id_, port in self._ports.items() if not port.closed}

    def left_out(self, cells: Cells) -> Cells:
        """Return the cells of participants."""
        return {pair: gain_db for pair, gain_db in cells.items() if pair[0] not in self._ports}
