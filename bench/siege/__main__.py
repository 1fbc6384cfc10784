"""Besiege a server: ``python -m tests.support.netns python -m bench.siege --sip 1000000 --media 1000000``.

Three phones talk in a room. First nothing else happens, for ``--control`` seconds: what the machine itself does to their
audio. Then one process sends mutated SIP messages over UDP and TCP, in and out of calls, and another one mutated RTP, RTCP, STUN and
DTLS packets: as strangers to all media ports, as a phone in the same room, and as browsers whose keys are known. It prints what
the phones received in both times, and exits with 1 if a process of the server was lost, or a phone.

Each minute it says how far it is. With ``--finished FILE`` it notes each seed that it has sent to its end; the same command then
sends the others, so that a long siege may be stopped, and go on later.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Final

import psutil
from tests.chaos.witness import Witness
from tests.support.server import MeasuredServer, Server
from tests.support.waiting import play_for

from bench.siege.senders import Plan, send_media, send_sip
from bench.siege.watch import heard

_PROGRESS_S: Final = 60.0
_EDGE_S: Final = 3.0
"""Counters of the edge come every two seconds."""


def main() -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sip", type=int, default=1_000_000)
    parser.add_argument("--sip-rate", type=float, default=600.0)
    parser.add_argument("--media", type=int, default=1_000_000)
    parser.add_argument("--media-rate", type=float, default=600.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(401, 421)))
    parser.add_argument("--control", type=float, default=120.0)
    parser.add_argument("--minutes", type=float, default=600.0, help="after which it ends")
    parser.add_argument("--finished", type=Path, help="a file of what is not sent again")
    options = parser.parse_args()
    seeds, most_s = tuple(options.seeds), options.minutes * 60
    sip = Plan("sip", options.sip, options.sip_rate, seeds, most_s, options.finished)
    media = Plan("media", options.media, options.media_rate, seeds, most_s, options.finished)
    with (
        tempfile.TemporaryDirectory() as folder,
        MeasuredServer(Path(folder), MIXMINUS_SIP_MAX_CALLS="256") as server,
    ):
        kept = besiege(server, sip, media, control_s=options.control)
        ended, log = server.stop(), server.log
    tracebacks = log.count("Traceback")
    print(log[log.find("Traceback") :][:5000] if tracebacks else "no traceback")
    print(f"exit code {ended}, tracebacks {tracebacks}, log {len(log) / 1024:.0f} KiB")
    return 0 if kept and ended == 0 and not tracebacks else 1


def besiege(server: Server, sip: Plan, media: Plan, *, control_s: float) -> bool:
    """Run both senders to their end; return whether nothing was lost."""
    room = server.new_room()
    # Forked before the phones have threads.
    senders = [
        Sender("sip", lambda sent, _: send_sip((server.host, server.sip_port), room, sip, sent)),
        Sender("media", lambda sent, phones: send_media(server, phones[0], phones[1], media, sent)),
    ]
    with Witness(server) as witness:
        before = processes(server)
        begun_s = time.monotonic()
        play_for(control_s)
        sieged_s = time.monotonic()
        say("control", witness, begun_s)
        for each in senders:
            each.begin((witness.room, [phone.media for phone in witness.phones]))
        wait(senders, witness)
        say("siege", witness, sieged_s)
        play_for(_EDGE_S)
        after = processes(server)
        print(f"processes {'all kept' if after == before else f'LOST: {before - after}'}", flush=True)
        print(f"failures in /metrics: {failures(server)}", flush=True)
        witness.check()
    return after == before and all(each.ended_well for each in senders)


class Sender:
    """A process that sends once it is told to begin, and reports how far it is."""

    def __init__(self, name: str, send: Callable[["Synchronized[int]", Any], Counter[str]]) -> None:
        context = multiprocessing.get_context("fork")
        self.name = name
        self.sent: Synchronized[int] = context.Value("q", 0)
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=self._run, args=(send, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def _run(self, send: Callable[["Synchronized[int]", Any], Counter[str]], pipe: "Connection") -> None:
        pipe.send(dict(send(self.sent, pipe.recv())))

    def begin(self, argument: Any) -> None:
        self._ours.send(argument)

    @property
    def is_running(self) -> bool:
        return self._process.is_alive() and not self._ours.poll()

    @property
    def ended_well(self) -> bool:
        return self._process.exitcode == 0

    def report(self) -> str:
        """Return what it did, once it has ended."""
        try:
            found = self._ours.recv()
        except EOFError:
            found = "FAILED"
        self._process.join()
        return f"{self.name}: {self.sent.value} sent: {found}"


def wait(senders: Sequence[Sender], witness: Witness) -> None:
    """Wait until all have ended; say once a minute how far they are."""
    while any(each.is_running for each in senders):
        since_s = time.monotonic()
        while time.monotonic() - since_s < _PROGRESS_S and any(each.is_running for each in senders):
            play_for(1.0)
        say(", ".join(f"{each.name} {each.sent.value}" for each in senders), witness, since_s)
    for each in senders:
        print(each.report(), flush=True)


def say(what: str, witness: Witness, since_s: float) -> None:
    """Print what the phones have received since a time."""
    result = heard(witness.phones, since_s, time.monotonic())
    print(f"{what}: {result}; load {os.getloadavg()[0]:.1f}", flush=True)


def processes(server: Server) -> set[int]:
    """Return the server and its children that carry calls; synthesis and recognisers come and go."""
    main = psutil.Process(server.process.pid)
    return {
        main.pid,
        *(each.pid for each in main.children(recursive=True) if "sip" in " ".join(each.cmdline())),
    }


def failures(server: Server) -> dict[str, float]:
    """Return the counters of failures that are not zero."""
    return {name: value for name, value in server.metrics().items() if "failed" in name and value}


if __name__ == "__main__":
    sys.exit(main())
