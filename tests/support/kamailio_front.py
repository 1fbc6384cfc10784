"""Kamailio before the nodes of a cluster, with the configuration of ``deploy/kamailio``."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.server import Server
from tests.support.waiting import eventually

__all__ = ["CONFIG", "kamailio_front"]

CONFIG: Final = Path(__file__).parents[2] / "deploy" / "kamailio" / "kamailio.cfg"
_PORT: Final = 5060


@contextmanager
def kamailio_front(directory: Path, host: str, nodes: Sequence[Server]) -> Iterator[str]:
    """Run Kamailio on an address until the block ends; return its host and port."""
    listed, log = directory / "dispatcher.list", directory / "kamailio.log"
    listed.write_text("".join(f"1 sip:{node.host}:{node.sip_port}\n" for node in nodes))
    command = ["kamailio", "-f", str(CONFIG), "-A", f'NODES="{listed}"', "-DD", "-E", "-Y", str(directory)]
    listening = ["-l", f"udp:{host}:{_PORT}", "-l", f"tcp:{host}:{_PORT}", "-m", "32", "-M", "4"]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *listening], stdout=output, stderr=subprocess.STDOUT)
        try:
            eventually(
                lambda: "Listening" in log.read_text(errors="replace"), what=f"Kamailio starts; see {log}"
            )
            yield f"{host}:{_PORT}"
        finally:
            process.terminate()
            process.wait()
