"""Who hears whom in a room whose legs are at several nodes: a listener's row is set where its leg is."""

from collections.abc import Mapping

from mixminus.cluster.leg_messages import HearsCell
from mixminus.cluster.remote_port import RemotePort
from mixminus.mixer import Bridge, BridgePort
from mixminus.model.hears import Cells
from mixminus.model.ids import ConferencecallId

__all__ = ["set_cells"]


def set_cells(bridge: Bridge, ports: Mapping[ConferencecallId, BridgePort], cells: Cells) -> None:
    """Set cells of the open ports of a room: those of listeners here at one tick, those at each other node at one tick."""
    here: list[tuple[BridgePort, BridgePort, float | None]] = []
    there: dict[object, tuple[RemotePort, list[HearsCell]]] = {}
    for (listener, speaker), gain_db in cells.items():
        port = ports.get(listener)
        if isinstance(port, RemotePort):
            _, row = there.setdefault(port.link, (port, []))
            row.append(HearsCell(listener, speaker, gain_db))
        elif port and speaker in ports:
            here.append((port, ports[speaker], gain_db))
    if here:
        bridge.set_hears(here)
    for port, row in there.values():
        port.hear(tuple(row))
