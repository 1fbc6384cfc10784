"""A rolling upgrade, tried: ``python -m tests.support.netns PYTHON -m tests.cluster.rolling OLD_PYTHON``.

OLD_PYTHON is that of an installation of the version before. Two nodes of it take calls; one after the other drains, ends and
starts again with this tree's version. In between both versions share the database, rooms and calls.
"""

import base64
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tests.support.database import close_server
from tests.support.database import server as database
from tests.support.netns import ADDRESS, inside
from tests.support.nodes import living, numbers
from tests.support.ports import free_port
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.tones import tone
from tests.support.waiting import eventually

SETTINGS: Final = {
    "MIXMINUS_CLUSTER_SECRET": "a secret that all nodes of this test share",
    "MIXMINUS_SECRETS_KEY": base64.b64encode(b"a key of tests, of thirty-two by").decode(),
    "MIXMINUS_SHARDS": "1",
    "MIXMINUS_SIP_MAX_CALLS": "10",
}
PATIENCE_S: Final = 120.0

settled = partial(eventually, timeout_s=PATIENCE_S)


class OldServer(Server):
    """A server of another installation."""

    python = ""

    def _command(self) -> Sequence[str]:
        return (self.python,)


def start(kind: type[Server], folder: Path, number: int, url: str) -> Server:
    """Start a node at the address of its number."""
    address = f"127.0.0.{2 + number}"
    own = {"MIXMINUS_DATABASE_URL": url, "MIXMINUS_CLUSTER_ADDRESS": f"{address}:{free_port(address)}"}
    return kind(folder, **SETTINGS, **own)


def here(node: Server) -> str:
    found: str = node.call("GET", "/nodes").json["here"]
    return found


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- a command


def know_each_other(nodes: Sequence[Server]) -> None:
    for node in nodes:
        settled(lambda node=node: len(living(node.call("GET", "/nodes"))) == len(nodes), what="all are known")  # type: ignore[misc]


def share_rooms(nodes: Sequence[Server], versions: str) -> None:
    """Let each node have a room which a phone at each node joins, and be asked about it at every node."""
    for home in nodes:
        room = home.new_room(name="both")
        with ExitStack() as stack:
            phones = [stack.enter_context(RawPhone(patience_s=60)) for _ in nodes]
            for phone, node in zip(phones, nodes, strict=True):
                phone.dial((ADDRESS, node.sip_port), room)
            for node in nodes:
                node.wait_for_participants(room, len(nodes), timeout_s=PATIENCE_S)
                assert node.call("PUT", f"/conferences/{room}", {"name": "changed"}).status == 200
            phones[0].talk(tone(440.0, 1.0, sample_rate_hz=8000))
            assert nodes[-1].call("POST", f"/conferences/{room}/recording_start").status == 200
            assert nodes[0].call("POST", f"/conferences/{room}/recording_stop").status == 200
        for node in nodes:
            settled(lambda node=node, room=room: not node.participants(room), what="all have left")  # type: ignore[misc]
        found = numbers(nodes[0], room)
        assert found == list(range(1, len(found) + 1)), found
    say(
        f"{versions}: rooms of each node with a phone at every node, changed and recorded through all; no gap in the events"
    )


def replace(old: Server, others: Sequence[Server], start_new: Callable[[], Server]) -> Server:
    """Drain a node whose room has a phone, wait for its end, and start another version; the others' calls go on."""
    staying = others[0].new_room(name="staying")
    with RawPhone(patience_s=60) as phone:
        phone.dial((ADDRESS, others[0].sip_port), staying)
        others[0].wait_for_participants(staying, 1, timeout_s=PATIENCE_S)
        left = old.new_room(name="left")
        assert others[0].call("POST", f"/nodes/{here(old)}/drain").status == 200
        settled(lambda: old.request("GET", "/health/ready").status == 503, what="it drains")
        assert old.stop() == 0, old.log[-2000:]
        settled(
            lambda: others[0].call("PUT", f"/conferences/{left}", {"name": "given"}).status == 200,
            what="its room is at another node",
        )
        new = start_new()
        know_each_other([new, *others])
        new.wait_for_participants(staying, 1, timeout_s=PATIENCE_S)
        assert "Traceback" not in new.log
    say("a node was drained, ended and started with the new version; a call at the other one went on")
    return new


def main(old_python: str) -> None:
    """Upgrade two nodes, one after the other."""
    OldServer.python = old_python
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        stack.callback(close_server)
        url = database().create("rolling")

        def begin(kind: type[Server], name: str, number: int) -> Server:
            folder = Path(scratch) / name
            folder.mkdir()
            started = start(kind, folder, number, url)
            stack.callback(started.stop)
            return started

        nodes = [begin(OldServer, f"old{number}", number) for number in range(2)]
        know_each_other(nodes)
        share_rooms(nodes, "two old nodes")
        first = replace(nodes[0], nodes[1:], lambda: begin(Server, "new0", 0))
        mixed = [first, nodes[1]]
        share_rooms(mixed, "a new and an old node")
        second = replace(nodes[1], [first], lambda: begin(Server, "new1", 1))
        share_rooms([first, second], "two new nodes")
        assert "Traceback" not in nodes[1].log, nodes[1].log[-3000:]


if __name__ == "__main__":
    if not inside() or len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
