"""The socket filter of a worker: only the edge can send to it."""

import contextlib
import socket

import psutil
import pytest

from mixminus.sip.config import SipConfig
from mixminus.sip.socket_filter import accept_only_from
from tests.support.sip_backend import open_backend
from tests.support.sip_phone import Phone

OPTIONS = (
    "OPTIONS sip:w1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKx;rport\r\n"
    "From: <sip:a@b>;tag=1\r\nTo: <sip:w1@b>\r\nCall-ID: unrelated\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def bound(host: str, port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, port))
    made.setblocking(False)
    return made


def waiting(ear: socket.socket) -> list[bytes]:
    """Return all received datagrams; on loopback they arrive at once."""
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(ear.recv(2048))
    return heard


def test_filter_accepts_only_the_edges_address_and_port() -> None:
    with bound("127.0.0.1") as worker, bound("127.0.0.1") as edge, bound("127.0.0.1") as unrelated:
        port = edge.getsockname()[1]
        with bound("127.0.0.2", port) as impostor:
            unrelated.sendto(b"early", worker.getsockname())
            accept_only_from(worker, ("127.0.0.1", port))
            for sender, text in ((unrelated, b"unrelated"), (impostor, b"impostor"), (edge, b"e" * 4000)):
                sender.sendto(text, worker.getsockname())
            assert [len(each) for each in waiting(worker)] == [2048]
            worker.sendto(b"back", edge.getsockname())
            assert waiting(edge) == [b"back"]


def test_filter_cannot_be_removed() -> None:
    with bound("127.0.0.1") as worker:
        accept_only_from(worker, ("127.0.0.1", 9))
        with pytest.raises(PermissionError):
            accept_only_from(worker, ("127.0.0.1", 10))


async def test_worker_ignores_other_programs() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        with bound("127.0.0.1") as unrelated:
            host, port = unrelated.getsockname()
            for pid in backend.endpoint.worker_pids.values():
                (inner,) = psutil.Process(pid).net_connections("udp4")
                unrelated.sendto(OPTIONS.format(host=host, port=port).encode(), inner.laddr)
            phone = await Phone.open(backend.endpoint.port)
            for _ in range(4):
                call = phone.call("1000")
                await call.establish()
                await call.hang_up()
            assert waiting(unrelated) == []
            await phone.close()
