"""Mutated SIP messages, over UDP and TCP, sent to a whole endpoint: edge, workers, engine; with a witness whose call must go on.

As a program, for a long run: ``python -m tests.support.sip_fuzzer COUNT SEED...``
"""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mixminus.sip.config import SipConfig
from tests.support.sip_backend import open_backend
from tests.support.sip_mutations import FuzzedCall, Mutations
from tests.support.sip_phone import Phone
from tests.support.sip_sources import Source, TcpSource, UdpSource
from tests.support.waiting import pace

__all__ = ["Fuzzer", "Outcome", "fuzz"]

_SOURCES: Final = 24
_ROUND: Final = 20
_MAX_CALLS: Final = 16
_MAX_KEPT: Final = 4096
_PATIENCE_ROUNDS: Final = 10
_STATUS = re.compile(r"SIP/2\.0 (\d{3})")
_TO = re.compile(r"(?mi)^To\s*:\s*(.*?)\r?$")
_CONTACT = re.compile(r"(?mi)^Contact\s*:[^<]*<([^>]+)>")
_CALL_ID = re.compile(r"(?mi)^Call-ID\s*:\s*(\S+)")


@dataclass
class Outcome:
    """What became of a run."""

    sent: int = 0
    answered_calls: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    workers_lost: int = 0
    edge_failures: int = 0
    witness_status: int = 0


class Fuzzer:
    """Sends mutated messages from some sources, and answers what comes back."""

    def __init__(self, mutations: Mutations, sources: Sequence[Source]) -> None:
        self._mutations = mutations
        self._sources = sources
        self._calls: dict[str, tuple[Source, FuzzedCall]] = {}
        self.outcome = Outcome()

    @property
    def has_calls(self) -> bool:
        """Whether a call is answered now."""
        return any(call.uri for _, call in self._calls.values())

    def send_one(self) -> None:
        """Send a message: within a call, a new call, or outside of any."""
        chance = self._mutations.chance
        source = chance.choice(self._sources)
        up = [call for owner, call in self._calls.values() if owner is source and call.uri]
        kind = chance.random()
        if up and kind < 0.7:
            text = self._mutations.within(chance.choice(up))
        else:
            call = self._mutations.call(source.host, source.port)
            if kind < 0.9:
                self._calls[call.call_id] = (source, call)
                text = self._mutations.invite(call)
            else:
                text = self._mutations.outside(call)
        source.send(self._mutations.mutate(self._over(source, text)))
        self.outcome.sent += 1

    def receive(self) -> None:
        """Acknowledge answers, answer requests, and end the oldest calls."""
        for source in self._sources:
            for text in source.received():
                self._take(source, text)
        while len(self._calls) > _MAX_KEPT:
            self._end(next(iter(self._calls)))
        up = [call_id for call_id, (_, call) in self._calls.items() if call.uri]
        for call_id in up[: max(0, len(up) - _MAX_CALLS)]:
            self._end(call_id)

    def end_all(self) -> None:
        for call_id in list(self._calls):
            self._end(call_id)

    def close(self) -> None:
        for source in self._sources:
            source.close()

    @staticmethod
    def _over(source: Source, text: str) -> str:
        return text.replace("Via: SIP/2.0/UDP", f"Via: SIP/2.0/{source.transport}", 1)

    def _take(self, source: Source, text: str) -> None:
        status = _STATUS.match(text)
        if not status:
            self._answer(source, text)
            return
        self.outcome.statuses[status[1]] += 1
        call_id, to, contact = _CALL_ID.search(text), _TO.search(text), _CONTACT.search(text)
        found = self._calls.get(call_id[1]) if call_id else None
        if found and to and contact and status[1] == "200" and "INVITE" in text and not found[1].uri:
            call = found[1]
            call.to, call.uri = to[1], contact[1]
            self.outcome.answered_calls += 1
            source.send(self._over(source, self._mutations.render(call, "ACK")).encode())

    def _answer(self, source: Source, text: str) -> None:
        copied = [
            line
            for line in text.split("\r\n")
            if line.partition(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")
        ]
        response = "\r\n".join(
            [
                f"SIP/2.0 {self._mutations.chance.choice(('200 OK', '481 Gone'))}",
                *copied,
                "Content-Length: 0",
                "",
                "",
            ]
        )
        whole = self._mutations.chance.random() < 0.5
        source.send(response.encode("latin-1") if whole else self._mutations.mutate(response))

    def _end(self, call_id: str) -> None:
        source, call = self._calls.pop(call_id)
        if call.uri:
            call.number += 100
            source.send(self._over(source, self._mutations.render(call, "BYE")).encode())


async def fuzz(seed: int, count: int) -> Outcome:
    """Send ``count`` messages; return what became of the workers, and of the witness' call."""
    config = SipConfig(port=0, max_calls=4 * _MAX_CALLS, messages_per_s=100_000.0, invites_per_s=10_000.0)
    async with open_backend(config) as backend:
        pids = dict(backend.endpoint.worker_pids)
        witness = await Phone.open(backend.endpoint.port)
        call = witness.call("1000")
        await call.establish()
        server = ("127.0.0.1", backend.endpoint.port)
        fuzzer = Fuzzer(
            Mutations(seed, "1000"),
            [TcpSource(n, server) if n % 4 == 3 else UdpSource(n, server) for n in range(_SOURCES)],
        )
        while fuzzer.outcome.sent < count:
            for _ in range(_ROUND):
                fuzzer.send_one()
            await pace(0.008)
            fuzzer.receive()
            # A busy machine answers later: without calls the messages would test little.
            for _ in range(_PATIENCE_ROUNDS):
                if fuzzer.has_calls:
                    break
                await pace(0.02)
                fuzzer.receive()
        fuzzer.end_all()
        await pace(1.0)
        call.request("UPDATE")
        fuzzer.outcome.witness_status = (await call.final()).status_code
        await call.hang_up()
        await witness.close()
        fuzzer.close()
        # Counters of the edge come every two seconds.
        await pace(2.5)
        fuzzer.outcome.workers_lost = sum(
            backend.endpoint.worker_pids.get(each) != pid for each, pid in pids.items()
        )
        fuzzer.outcome.edge_failures = backend.endpoint.counters["sip_edge_failed"]
        return fuzzer.outcome


def main() -> None:
    """Run each seed; exit with 1 if a worker was lost."""
    count, *seeds = (int(each) for each in sys.argv[1:])
    failed = False
    for seed in seeds:
        outcome = asyncio.run(fuzz(seed, count))
        sys.stdout.write(f"seed {seed}: {outcome}\n")
        failed |= bool(outcome.workers_lost or outcome.edge_failures or outcome.witness_status != 200)
    sys.exit(failed)


if __name__ == "__main__":
    main()
