"""Who hears whom in a room whose legs are at several nodes: a listener's row is set where its leg is."""

from collections.abc import Mapping
from uuid import UUID

from mixminus.cluster.leg_messages import HearsCell
from mixminus.cluster.remote_port import RemotePort
from mixminus.mixer import Bridge, BridgePort
from mixminus.model.hears import Cells
from mixminus.model.ids import NIL, ConferencecallId

__all__ = ["Ports", "places", "set_cells"]

Ports = Mapping[ConferencecallId, BridgePort]
"""The open ports of a room."""


def places(ports: Ports, cells: Cells) -> frozenset[UUID]:
    """Return the nodes at which cells are set, nil for this one."""
    listeners = (ports.get(listener) for listener, _ in cells)
    return frozenset(port.link.peer.id if isinstance(port, RemotePort) else NIL for port in listeners if port)


def set_cells(bridge: Bridge, ports: Ports, cells: Cells, number: int) -> None:
    """Set cells: those of listeners here at one tick, those at each other node at one tick, which acknowledges ``number``."""
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
        port.hear(tuple(row), number)
