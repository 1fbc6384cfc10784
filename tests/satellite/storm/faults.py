"""Faults: what happens to the nodes of a storm, for times that are taken by chance."""

import random
import signal
from collections.abc import Callable, Sequence
from typing import Final

from tests.chaos.processes import alive
from tests.satellite.conftest import PATIENCE_S, eventually
from tests.satellite.storm.site import Node, Site, unreachable
from tests.support.waiting import play_for

__all__ = ["FAULTS", "KEEP_CALLS", "Fault"]

Fault = Callable[[Site, random.Random], Sequence[Node]]
"""Returns the nodes whose phones may have noticed it, when all is mended."""


def kill(site: Site, chance: random.Random) -> Sequence[Node]:
    """Kill a node, and start it again after some seconds: before or after it is declared gone."""
    node = chance.choice(site.nodes)
    node.disturb("down")
    site.died.add(node.name)
    processes = node.processes
    node.server.kill()
    eventually(lambda: not any(map(alive, processes)), timeout_s=PATIENCE_S, what="it is dead")
    play_for(chance.uniform(0, 12))
    site.restart(node)
    return [node]


def stop(site: Site, chance: random.Random) -> Sequence[Node]:
    """End a node as an operator does, and start it again."""
    node = chance.choice(site.nodes)
    node.disturb("down")
    site.died.add(node.name)
    code = node.server.stop()
    if code != 0:
        site.fault(f"{node.name} has ended with {code}")
    play_for(chance.uniform(0, 3))
    site.restart(node)
    return [node]


def _freeze(node: Node, seconds: float) -> None:
    node.disturb("frozen")
    processes = node.processes
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    play_for(seconds)
    for process in processes:
        process.send_signal(signal.SIGCONT)


def freeze_shortly(site: Site, chance: random.Random) -> Sequence[Node]:
    """Stop all processes of a node, for less time than anyone waits."""
    node = chance.choice(site.nodes)
    _freeze(node, chance.uniform(0.5, 2.5))
    node.disturb("up")
    return [node]


def freeze(site: Site, chance: random.Random) -> Sequence[Node]:
    """Stop all processes of a node until it was declared gone; it must end then."""
    node = chance.choice(site.nodes)
    site.died.add(node.name)
    _freeze(node, chance.uniform(10, 16))
    node.disturb("down")
    node.server.process.wait(PATIENCE_S)
    if (code := node.server.stop()) != 1:
        site.fault(f"{node.name}, which was declared gone, has ended with {code}")
    site.restart(node)
    return [node]


def cut(site: Site, chance: random.Random) -> Sequence[Node]:
    """Take the other nodes' way to a node away, for messages and audio, for less time than anyone waits; its phones have another."""
    node = chance.choice(site.nodes)
    with unreachable(node.inner):
        play_for(chance.uniform(0.5, 2.5))
    return [node]


def end_database(site: Site, chance: random.Random) -> Sequence[Node]:
    """End the database, and start it again."""
    site.database.stop()
    play_for(chance.uniform(0, 9))
    site.database.start()
    return []


def drain(site: Site, chance: random.Random) -> Sequence[Node]:
    """Drain a node for some seconds, as for an upgrade that is put off: its calls stay."""
    node = chance.choice(site.nodes)
    drained = node.server.call("GET", "/nodes").json["here"]
    for verb, state, seconds in (("drain", "draining", chance.uniform(2, 10)), ("undrain", "serving", 0.0)):
        asked = chance.choice(site.nodes).server
        answer = asked.call("POST", f"/nodes/{drained}/{verb}")
        if answer.status != 200 or answer.json["state"] != state:
            site.fault(f"{verb} of {node.name}: {answer.status} {answer.body[:200]!r}")
        play_for(seconds)
    return []


FAULTS: Final[dict[Fault, int]] = {
    kill: 3,
    stop: 1,
    freeze_shortly: 2,
    freeze: 2,
    cut: 2,
    end_database: 2,
    drain: 2,
}
"""With how often each comes, in proportion."""
KEEP_CALLS: Final[frozenset[Fault]] = frozenset({freeze_shortly, cut, end_database, drain})
"""Those that cost no one a call."""
