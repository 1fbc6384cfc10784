"""Real servers that share one PostgreSQL, on 127.0.0.2 and on."""

import base64
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.ports import free_port
from tests.support.server import ACCESS_KEY, TIMEOUT_S, Answer, Server
from tests.support.spread import SEED, is_made_here
from tests.support.waiting import eventually

__all__ = ["ServerAmongNodes", "living", "numbers", "running_nodes"]

SETTINGS: Final = {
    "MIXMINUS_CLUSTER_SECRET": "a secret that all nodes of this test share",
    "MIXMINUS_SECRETS_KEY": base64.b64encode(b"a key of tests, of thirty-two by").decode(),
    "MIXMINUS_SHARDS": "1",
    "MIXMINUS_SIP_MAX_CALLS": "10",
}


class ServerAmongNodes(Server):
    """A server whose client sends each request to it or to another node; what makes a room or a call to it alone."""

    others: Sequence[Server] = ()
    _chance = random.Random(SEED)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = ACCESS_KEY,
        timeout_s: float = TIMEOUT_S,
    ) -> Answer:
        """Send a request to one of the nodes."""
        other = None if is_made_here(method, path) else self._chance.choice([None, *self.others])
        if other:
            return other.call(method, path, body, token=token, timeout_s=timeout_s)
        return super().call(method, path, body, token=token, timeout_s=timeout_s)


@contextmanager
def running_nodes(
    folders: Sequence[Path], url: str, kind: type[Server] = Server, *, known: int = 0, **settings: str
) -> Iterator[list[Server]]:
    """Run a node in each folder; return when each knows the others; ``known``: of so many in all."""

    def start(number: int, folder: Path) -> Server:
        address = f"127.0.0.{2 + number}"
        own = {
            "MIXMINUS_DATABASE_URL": url,
            "MIXMINUS_CLUSTER_ADDRESS": f"{address}:{free_port(address)}",
        }
        return kind(folder, **{**SETTINGS, **own, **settings})

    with ExitStack() as stack:
        nodes = [stack.enter_context(start(*each)) for each in enumerate(folders)]
        for node in nodes:
            eventually(
                lambda node=node: len(living(node.call("GET", "/nodes"))) == (known or len(nodes)),  # type: ignore[misc]
                what="all nodes are known",
            )
        yield nodes


def living(answer: Answer) -> list[str]:
    """Return the addresses of the nodes that are not gone."""
    return [each["address"] for each in answer.json["result"] if each["state"] != "gone"]


def numbers(node: Server, room: str) -> list[int]:
    """Return the numbers of a room's events, in order."""
    events = node.call("GET", f"/timelines/conferences/{room}/events?page_size=100").json["result"]
    return sorted(event["number"] for event in events)
