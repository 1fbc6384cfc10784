"""Mutated messages at the whole SIP side, in and out of calls: no worker is lost, and the call of a witness goes on.

``make fuzz`` runs the same with more messages and other seeds.
"""

import pytest

from tests.support.sip_fuzzer import fuzz


@pytest.mark.parametrize("seed", [11, 12])
async def test_mutated_messages_end_no_worker_and_no_other_call(seed: int) -> None:
    outcome = await fuzz(seed, 3000)
    assert outcome.sent >= 3000
    # The messages have reached calls, or the run would show nothing.
    assert outcome.answered_calls > 50
    assert (outcome.workers_lost, outcome.edge_failures, outcome.witness_status) == (0, 0, 200)
