"""A DNS server: dnsmasq with the records of a test, on loopback."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.support.ports import free_port
from tests.support.waiting import eventually

__all__ = ["dns_server"]

_ADDRESS = "127.0.0.1"


@contextmanager
def dns_server(*records: str) -> Iterator[str]:
    """Run dnsmasq with these options (``srv-host=...``) until the block ends; yield its address and port."""
    port = free_port(_ADDRESS)
    process = subprocess.Popen(_command(port, records), stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        lines = iter(process.stderr.readline, "")
        eventually(lambda: "started" in next(lines), what="dnsmasq starts")
        yield f"{_ADDRESS}:{port}"
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def _command(port: int, records: Sequence[str]) -> list[str]:
    options = [
        "no-resolv",
        "no-hosts",
        "bind-interfaces",
        "log-facility=-",
        "conf-file=/dev/null",
        "user=root",
    ]
    options += [f"listen-address={_ADDRESS}", f"port={port}", "local=/example/", "local-ttl=60", *records]
    return ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--pid-file=", *(f"--{each}" for each in options)]
