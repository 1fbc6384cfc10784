"""Site: three nodes, a PostgreSQL server of their own that writes down who was home of what, and a receiver of their webhooks."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Self

import psutil
from urllib3.exceptions import HTTPError

from tests.satellite.conftest import NUMBERS, PATIENCE_S, SETTINGS, eventually, host, living
from tests.satellite.storm.hook import Hook
from tests.support.ports import free_port
from tests.support.postgresql import PostgreSQL
from tests.support.server import Answer, Server

__all__ = ["NIL", "Node", "Site", "unreachable"]

NIL: Final = "00000000-0000-0000-0000-000000000000"
DATABASE: Final = "storm"
_AUDIT: Final = """
CREATE TABLE storm_homes (serial bigserial PRIMARY KEY, id uuid, epoch bigint, node_id uuid);
CREATE FUNCTION storm_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO storm_homes (id, epoch, node_id) VALUES (NEW.id, NEW.epoch, NEW.node_id); RETURN NULL; END $$;
CREATE TRIGGER storm_claimed AFTER UPDATE ON event_streams FOR EACH ROW
  WHEN (NEW.epoch IS DISTINCT FROM OLD.epoch OR NEW.node_id IS DISTINCT FROM OLD.node_id) EXECUTE FUNCTION storm_note();
CREATE TRIGGER storm_opened AFTER INSERT ON event_streams FOR EACH ROW EXECUTE FUNCTION storm_note();
"""
"""Writes down each home of each stream, in the order of commits of its row."""


def _address(verb: str, address: str) -> None:
    subprocess.run(["ip", "addr", verb, f"{address}/32", "dev", "lo"], check=True)


@contextmanager
def reachable(address: str) -> Iterator[None]:
    """Give this machine an address until the block ends."""
    _address("add", address)
    try:
        yield
    finally:
        _address("del", address)


@contextmanager
def unreachable(address: str) -> Iterator[None]:
    """Take an address away until the block ends."""
    _address("del", address)
    try:
        yield
    finally:
        _address("add", address)


@dataclass(slots=True, eq=False)
class Node:
    """A node, through all of its starts."""

    number: int
    server: Server
    inner: str
    """Its address for the other nodes, which a fault may take away."""
    state: Literal["up", "frozen", "down"] = "up"
    starts: int = 1
    disturbed_s: float = 0.0
    """When a fault of it last began or ended."""

    def disturb(self, state: Literal["up", "frozen", "down"]) -> None:
        """Note what becomes of it."""
        self.state, self.disturbed_s = state, time.monotonic()

    @property
    def name(self) -> str:
        """Of this start of it."""
        return f"node{self.number}.{self.starts}"

    @property
    def processes(self) -> list[psutil.Process]:
        """All of its processes."""
        main = psutil.Process(self.server.process.pid)
        return [main, *main.children(recursive=True)]


@dataclass
class Site:
    """A context manager; ``broken`` collects what must not have happened."""

    folder: Path
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    nodes: list[Node] = field(default_factory=list)
    died: set[str] = field(default_factory=set)
    """Starts of nodes that were killed, or declared gone."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        with ExitStack() as stack:
            self.database = PostgreSQL()
            stack.callback(self.database.close)
            self._url = self.database.create(DATABASE)
            for number in NUMBERS:
                stack.enter_context(host(f"10.99.0.{number}"))
                self.nodes.append(self._open(stack, number))
            self.hook = stack.enter_context(Hook(self.owner_of))
            self.wait_for_all()
            self.database.execute(DATABASE, _AUDIT)
            hook = {"name": "storm", "webhook_method": "POST", "webhook_uri": self.hook.uri}
            answer = self.nodes[0].server.call("PUT", "/customer", hook)
            assert answer.status == 200, answer.body
            self.delivered_since = int(self.rows("SELECT coalesce(max(id), 0) FROM outbox")[0][0])
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self, stack: ExitStack, number: int) -> Node:
        inner, outer = f"10.99.7.{number}", f"10.99.0.{number}"
        stack.enter_context(reachable(inner))
        directory = self.folder / f"node{number}"
        directory.mkdir()
        server = Server(
            directory,
            **SETTINGS,
            MIXMINUS_DATABASE_URL=self._url,
            MIXMINUS_CLUSTER_ADDRESS=f"{inner}:{free_port(inner)}",
            MIXMINUS_SIP_HOST=outer,
            MIXMINUS_PUBLIC_HOST=outer,
        )
        server.host = outer
        stack.enter_context(server)
        return Node(number, server, inner)

    @property
    def up(self) -> list[Node]:
        """The nodes that answer."""
        return [node for node in self.nodes if node.state == "up"]

    def owner_of(self, port: int) -> str:
        """Return which start of which node has the other end of a connection; nothing if that has just died."""
        for node in self.nodes:
            with suppress(psutil.Error):
                found = psutil.Process(node.server.process.pid).net_connections("tcp")
                if any(each.laddr and each.laddr.port == port for each in found):
                    return node.name
        return ""

    def rows(self, query: str) -> list[list[str]]:
        """Ask the database."""
        return self.database.rows(DATABASE, query)

    def wait_for_all(self) -> None:
        """Wait until all nodes know all."""
        for node in self.nodes:
            eventually(lambda node=node: len(living(node.server)) == len(self.nodes), what="three nodes")  # type: ignore[misc]

    def fault(self, what: str) -> None:
        """Note what must not have happened."""
        with self.lock:
            self.broken.append(what)

    def ask(self, node: Node, method: str, path: str, body: object = None) -> Answer | None:
        """Send a request; None if the node was disturbed meanwhile, and has not answered."""
        begun_s = time.monotonic()
        try:
            answer = node.server.call(method, path, body, timeout_s=PATIENCE_S)
        except (HTTPError, OSError) as error:
            if node.state == "up" and node.disturbed_s < begun_s:
                self.fault(f"{node.name}: {method} {path}: {type(error).__name__}")
            return None
        if answer.status >= 500 and answer.status != 503:
            self.fault(f"{node.name}: {method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer

    def restart(self, node: Node) -> None:
        """Start a node that has ended, and wait until all know it."""
        node.server.start()
        node.starts += 1
        node.disturb("up")
        self.wait_for_all()
