"""Ports for servers of tests, below the kernel's ephemeral ports, so that no other socket takes them."""

import random
import socket

__all__ = ["free_port"]

# /proc/sys/net/ipv4/ip_local_port_range begins at 32768; from 20000 on the RTP ports of phones and servers lie.
_FIRST, _LAST = 12_000, 19_999
_chance = random.SystemRandom()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free for UDP and TCP at this moment."""
    while True:
        port = _chance.randint(_FIRST, _LAST)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            try:
                tcp.bind((host, port))
                udp.bind((host, port))
            except OSError:
                continue
            return port
