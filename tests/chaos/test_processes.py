"""Each child process of the server is killed, and stopped, while phones talk: the talk goes on, and calls are taken soon."""

import signal
import time

import pytest

from tests.chaos.conftest import Report
from tests.chaos.processes import named, replaced
from tests.chaos.witness import MOST_GAP_S, Witness, new_call_s
from tests.support.server import Server
from tests.support.waiting import eventually

LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("name", "number", "within_s"),
    [
        ("mm-sip-edge", signal.SIGKILL, 5),
        ("mm-sip-zygote", signal.SIGKILL, 5),
        ("mm-sip-worker", signal.SIGKILL, 10),
        pytest.param("mm-sip-worker", signal.SIGSTOP, 26, marks=LONG),
        pytest.param("mm-sip-edge", signal.SIGSTOP, 16, marks=LONG),
        pytest.param("mm-sip-zygote", signal.SIGSTOP, 26, marks=LONG),
    ],
)
def test_talk_goes_on_and_calls_are_taken(
    server: Server, witness: Witness, report: Report, name: str, number: signal.Signals, within_s: float
) -> None:
    lost = named(server.directory, name)
    assert lost
    with witness.watch() as seen:
        begun_s = time.monotonic()
        for each in lost:
            each.send_signal(number)
        call_s = new_call_s(server, witness.room)
        eventually(
            lambda: replaced(server.directory, name, lost), timeout_s=within_s + 10, what=f"another {name}"
        )
        whole_s = time.monotonic() - begun_s
    report(fault=f"{number.name} {name}", gap_s=seen.gap_s, call_s=call_s, whole_s=whole_s)
    assert seen.gap_s < MOST_GAP_S
    assert call_s < within_s
    assert whole_s < within_s
    witness.check()
    assert new_call_s(server, witness.room) < 3


def test_talk_survives_the_loss_of_all_children_at_once(server: Server, witness: Witness) -> None:
    """All processes at once: the talk needs none of them."""
    lost = [
        each
        for name in ("mm-sip-edge", "mm-sip-zygote", "mm-sip-worker")
        for each in named(server.directory, name)
    ]
    with witness.watch() as seen:
        for each in lost:
            each.kill()
        call_s = new_call_s(server, witness.room)
    assert seen.gap_s < MOST_GAP_S
    assert call_s < 15
    witness.check()
