"""What a SIP worker talks to, for one worker without a server: the edge's socket and the server's channel."""

import socket
from typing import TypeVar

from mixminus.model.media import Codec
from mixminus.sip.channel import BlockingChannel
from mixminus.sip.messages import Answer, Attach, CallEnded, IncomingCall, WorkerReady
from mixminus.sip.sdp.description import parse, render
from mixminus.sip.sdp.envelope import fold
from mixminus.sip.sdp.negotiation import LocalEnd, first_description
from tests.support.sip_phone import Message, sdp

T = TypeVar("T")

LOCAL = LocalEnd("127.0.0.1", 40_000, 7, (Codec.PCMU,))


def edge_socket() -> socket.socket:
    """Return a socket in place of the edge's."""
    edge = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    edge.bind(("127.0.0.1", 0))
    edge.settimeout(15)
    return edge


class WorkerPeer:
    """Edge and server of one worker that runs already."""

    def __init__(self, edge: socket.socket, channel: BlockingChannel) -> None:
        self.edge = edge
        self.channel = channel
        ready = self.next(WorkerReady)
        self.sip_port, self.pid = ready.sip_port, ready.pid

    def next(self, kind: type[T]) -> T:
        """Return the next report of a kind."""
        while True:
            message = self.channel.receive()
            if isinstance(message, kind):
                return message

    def request(self, method: str, name: str, number: int, to: str = "", body: str = "") -> None:
        port = self.edge.getsockname()[1]
        headers = (
            f"{method} sip:w1@127.0.0.1:{self.sip_port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{name}{method}\r\nFrom: <sip:a@b>;tag=1\r\n"
            f"To: {to or '<sip:1000@b>'}\r\nCall-ID: {name}\r\nCSeq: {number} {method}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:a@127.0.0.1:{port}>\r\nContent-Type: application/sdp\r\nContent-Length: {len(body)}"
        )
        self.edge.sendto(f"{headers}\r\n\r\n{body}".encode(), ("127.0.0.1", self.sip_port))

    def ok(self) -> str:
        """Return the To of the next 200."""
        while True:
            message = Message.parse(self.edge.recv(4096))
            if message.status_code == 200:
                return message.header("to")

    def begin(self, name: str) -> str:
        """Make a call; return the To of its 200, with the worker's tag."""
        self.request("INVITE", name, 1, body=fold(sdp()))
        leg_id = self.next(IncomingCall).leg_id
        description, _ = first_description(LOCAL, parse(sdp()))
        self.channel.send(Attach(leg_id, LOCAL, render(description)))
        self.channel.send(Answer(leg_id))
        to = self.ok()
        self.request("ACK", name, 1, to)
        return to

    def call(self, name: str) -> None:
        """Make a call and end it."""
        to = self.begin(name)
        self.request("BYE", name, 2, to)
        self.ok()
        self.next(CallEnded)

    def disconnect(self) -> None:
        """Close both: the worker hangs up its calls and ends."""
        self.channel.close()
        self.edge.close()
