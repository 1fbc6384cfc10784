"""Kamailio before the nodes of a cluster, with the configuration of ``deploy/kamailio``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.kamailio import kamailio
from tests.support.server import Server

__all__ = ["CONFIG", "kamailio_front"]

CONFIG: Final = Path(__file__).parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
_PORT: Final = 5060


@contextmanager
def kamailio_front(directory: Path, host: str, nodes: Sequence[Server]) -> Iterator[str]:
    """Run Kamailio on an address until the block ends; return its host and port."""
    listed, log = directory / "dispatcher.list", directory / "kamailio.log"
    listed.write_text("".join(f"1 sip:{node.host}:{node.sip_port}\n" for node in nodes))
    listening = ["-l", f"udp:{host}:{_PORT}", "-l", f"tcp:{host}:{_PORT}"]
    with kamailio(CONFIG, log, "-A", f'NODES="{listed}"', *listening):
        yield f"{host}:{_PORT}"
