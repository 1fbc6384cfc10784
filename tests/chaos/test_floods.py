"""INVITEs faster than any caller sends them: others call meanwhile, and a talk that goes on loses nothing."""

import time

import pytest

from tests.chaos.conftest import Report
from tests.chaos.witness import MOST_GAP_S, Witness
from tests.support.flood import flooding
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.waiting import play_for

SECONDS = 4.0
CALLS = 4
PATIENCE_S = 32.0
"""Timer B (RFC 3261 section 17.1.1.2): until then a phone repeats its INVITE. How long a call took is reported, not judged: it depends on the machine."""


def call_s(server: Server, room: str) -> tuple[float, float]:
    """Call and hang up; return after how many seconds each was answered: the flood goes on until then. No refusal is allowed."""
    begun_s = time.monotonic()
    with RawPhone(patience_s=PATIENCE_S) as phone:
        phone.dial((server.host, server.sip_port), room)
        answered_s = time.monotonic()
        phone.hang_up()
    return answered_s - begun_s, time.monotonic() - answered_s


@pytest.mark.parametrize("known", [False, True], ids=["unknown name", "room"])
@pytest.mark.parametrize(
    ("per_s", "sources"), [(10_000, 1), (2000, 400)], ids=["10,000/s of one address", "2,000/s of 400"]
)
def test_invites_keep_no_caller_out(
    server: Server, witness: Witness, report: Report, per_s: int, sources: int, known: bool
) -> None:
    target = server.new_room() if known else "unknown"
    room = server.new_room()
    took_s = []
    with (
        witness.watch() as seen,
        flooding(
            (server.host, server.sip_port), target, per_s=per_s, sources=sources, seconds=SECONDS
        ) as flood,
    ):
        for _ in range(CALLS):
            play_for(SECONDS / (2 * CALLS))
            took_s.append(call_s(server, room))
    report(
        fault=f"{flood.sent / flood.seconds:.0f} INVITEs a second from {sources} addresses to {target[:7]}",
        gap_s=seen.gap_s,
        slowest_call_s=max(answered_s for answered_s, _ in took_s),
        slowest_bye_s=max(ended_s for _, ended_s in took_s),
    )
    assert flood.sent >= per_s * SECONDS
    assert seen.gap_s < MOST_GAP_S
    witness.check()
