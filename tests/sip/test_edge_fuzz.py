"""Mutated messages at the edge alone, fast: what it sends can be sent, and nothing fails.

Workers and the server answer by chance. ``FUZZ_EXAMPLES`` is how many messages each seed sends, ``FUZZ_SEED`` what the seeds begin with.
"""

import os
import re
from collections import Counter
from typing import Final

import pytest

from mixminus.sip.channel import decode, encode
from mixminus.sip.edge.addressing import Action, Identity, ToPhone, ToServer, ToWorker
from mixminus.sip.edge.calls import Worker
from mixminus.sip.edge.limits import SourceLimits
from mixminus.sip.edge.router import Router
from mixminus.sip.internal_headers import Flow
from mixminus.sip.messages import AccountRequested, AnswerAccount, AnswerRegistration, RegistrationRequested
from mixminus.sip.sdp.envelope import fold
from tests.sip.test_edge_router import SDP, answer_of
from tests.support.sip_mutations import FuzzedCall, Mutations

MESSAGES: Final = max(int(os.environ.get("FUZZ_EXAMPLES", "0")), 1500)
FIRST_SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))
HOST, DOMAIN = "127.0.0.1", "sip.example.org"
KEPT_CALLS: Final = 30
STATUSES: Final = (100, 180, *[200] * 12, 302, 404, 486, 491, 500)
CALL_ID, TO = re.compile(r"(?mi)^Call-ID: (\S+)"), re.compile(r"(?mi)^To: (.*?)\r?$")


class Edge:
    """A router with two workers, and calls that are fuzzed."""

    def __init__(self, seed: int) -> None:
        self.mutations = Mutations(seed, "1000")
        self.chance = self.mutations.chance
        self.now_s = 0.0
        self.calls: list[FuzzedCall] = []
        self.answered = 0
        self._asked: list[AccountRequested | RegistrationRequested] = []
        self.router = Router(
            Identity(HOST, 5060, 7000, b"key", 5061, 5062, "", b"node"),
            Counter(),
            limits=SourceLimits(1e9, 1e9),
            domain=DOMAIN,
        )
        for number in (1, 2):
            self.router.add_worker(Worker(number, 7000 + number, 1000))

    def receive(self, message: bytes) -> None:
        source = Flow(self.chance.choice(("UDP", "TCP", "WSS")), "127.6.0.3", 5000, self.chance.randrange(5))
        self._act(self.router.from_phone(message, source, self.now_s))
        for each in self.router.outbox():
            self._act(each)

    def answer(self) -> None:
        """Answer what the server was asked first."""
        if not self._asked:
            return
        asked, status_code = self._asked.pop(0), self.chance.choice((200, 403, 423, 503))
        if isinstance(asked, AccountRequested):
            account_id, trusted = self.chance.choice((("", False), ("a", False), ("a", True)))
            answer = AnswerAccount(asked.request_id, DOMAIN, account_id, "", "", trusted)
            actions = self.router.on_directory(answer, self.now_s)
        else:
            answered = AnswerRegistration(asked.request_id, status_code, (("sip:a@b", 60),))
            actions = self.router.on_directory(answered, self.now_s)
        for each in actions:
            self._act(each)

    def poll(self) -> None:
        for each in self.router.poll(self.now_s):
            self._act(each)

    def _act(self, action: Action) -> None:
        """Send as the edge does, and let a worker answer."""
        match action:
            case ToServer(message):
                assert decode(encode(message)) == message
                if isinstance(message, AccountRequested | RegistrationRequested):
                    self._asked.append(message)
            case ToWorker(sip_port, message):
                assert "\0" not in message.decode()
                if not message.startswith((b"SIP/", b"ACK")):
                    described = message.startswith((b"INVITE", b"UPDATE"))
                    status_code = self.chance.choice(STATUSES)
                    body = fold(SDP) if described and status_code == 200 else ""
                    self._act(
                        self.router.from_worker(
                            answer_of(message, status_code, body=body), sip_port, self.now_s
                        )
                    )
            case ToPhone(_, message) if message.startswith(b"SIP/2.0 200") and b" INVITE" in message:
                self._acknowledge(message.decode("utf-8", "surrogateescape"))

    def _acknowledge(self, answer: str) -> None:
        call_id, to = CALL_ID.search(answer), TO.search(answer)
        for call in self.calls:
            if call_id and to and call.call_id == call_id[1] and not call.uri:
                self.answered += 1
                call.to, call.uri = to[1], f"sip:w1@{HOST}:5060"
                self.receive(self.mutations.render(call, "ACK").encode("utf-8", "surrogateescape"))


def message_for(edge: Edge) -> bytes:
    """Return a mutated request, within a call or not, or a response."""
    chance, mutations = edge.chance, edge.mutations
    established = [call for call in edge.calls if call.uri]
    if established and chance.random() < 0.6:
        text = mutations.within(chance.choice(established))
    else:
        call = mutations.call(chance.choice(("127.6.0.3", HOST)), 5060)
        edge.calls = [*edge.calls, call][-KEPT_CALLS:]
        text = mutations.invite(call) if chance.random() < 0.5 else mutations.outside(call)
    if chance.random() < 0.2:
        _, _, rest = text.partition("\r\n")
        via = f"Via: SIP/2.0/UDP {HOST}:5060;branch=z9hG4bKz;worker=1;relay=UDP-7f000001-5060-0"
        text = f"SIP/2.0 {chance.choice(STATUSES)} Fine\r\n{via}\r\n{rest}"
    return mutations.mutate(text)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 4))
def test_whatever_comes_the_edge_sends_what_can_be_read(seed: int) -> None:
    edge = Edge(seed)
    for count in range(MESSAGES):
        edge.now_s += 0.02
        message = message_for(edge)
        edge.receive(message)
        if edge.chance.random() < 0.7:
            edge.answer()
        if count % 25 == 0:
            edge.poll()
        assert edge.router.counters["sip_edge_failed"] == 0, message
    assert edge.answered > MESSAGES / 100


MULTIPART: Final = (
    "Content-Type: multipart/mixed;boundary=b\r\nContent-Length: 0\r\n\r\n"
    "--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n"
    f"--c\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n--c--\r\n--b--\r\n"
)


def with_parts(text: str) -> str:
    """Return a message with a description within two multipart bodies in place of its own."""
    kept = [each for each in text.partition("\r\n\r\n")[0].split("\r\n") if not each.startswith("Content-")]
    length = len(MULTIPART.partition("\r\n\r\n")[2])
    return "\r\n".join([*kept, MULTIPART.replace("Content-Length: 0", f"Content-Length: {length}")])


@pytest.mark.parametrize("kind", ["invite", "multipart", "outside"])
def test_a_byte_that_is_not_utf8_may_stand_anywhere(kind: str) -> None:
    edge = Edge(FIRST_SEED)
    place, last = 0, 1
    while place < last:
        call = edge.mutations.call("127.6.0.3", 5060)
        text = edge.mutations.outside(call) if kind == "outside" else edge.mutations.invite(call)
        if kind == "multipart":
            text = with_parts(text)
        data = text.encode("utf-8", "surrogateescape")
        last = max(last, len(data))
        edge.now_s += 0.02
        edge.receive(data[:place] + b"\xff" + data[place:])
        edge.answer()
        assert edge.router.counters["sip_edge_failed"] == 0, data[:place]
        place += 1
