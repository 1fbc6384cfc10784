"""Rules of who hears whom are applied at one tick, also while threads run."""

from itertools import permutations

import numpy as np
import pytest

from mixminus.errors import InvalidArgument
from mixminus.mixer import Bridge, Engine, EngineConfig, PcmPort
from tests.support.signals import rms, tone
from tests.support.waiting import eventually

RATE_HZ = 16_000
FRAME = RATE_HZ // 50


def speaking(engine: Engine, bridge: Bridge | None, hz: int, seconds: float = 9.0) -> PcmPort:
    port = engine.open_pcm_port(RATE_HZ)
    port.write(tone(hz, RATE_HZ, int(RATE_HZ * seconds), 6000))
    if bridge:
        port.join(bridge)
    return port


def silent(engine: Engine, bridge: Bridge) -> PcmPort:
    port = engine.open_pcm_port(RATE_HZ)
    port.join(bridge)
    return port


def test_a_coach_is_never_heard_by_the_customer(engine: Engine) -> None:
    """The rule is set before the coach joins: only the agent hears it, from its first frame on."""
    bridge = engine.open_bridge()
    customer, agent = silent(engine, bridge), silent(engine, bridge)
    engine.tick(20)
    customer.read(), agent.read()
    coach = speaking(engine, None, 500)
    coach.set_hears(customer, 0.0)
    bridge.set_hears([(customer, coach, None)])
    coach.join(bridge)
    engine.tick(50)
    assert not np.any(customer.read())
    assert rms(agent.read()[-FRAME * 20 :]) > 3000


def test_a_hears_rule_survives_leaving_and_rejoining(engine: Engine) -> None:
    bridge = engine.open_bridge()
    customer, coach = silent(engine, bridge), speaking(engine, bridge, 500)
    bridge.set_hears([(customer, coach, None)])
    for _ in range(5):
        engine.tick(7)
        coach.leave()
        engine.tick(3)
        coach.join(bridge)
    # The rule came after the join, in the same tick: nothing was heard.
    assert not np.any(customer.read())


def test_an_invalid_hears_rule_is_refused(engine: Engine) -> None:
    bridge = engine.open_bridge()
    one, other = silent(engine, bridge), speaking(engine, bridge, 500)
    with pytest.raises(InvalidArgument):
        bridge.set_hears([(one, other, None), (one, one, None)])
    with pytest.raises(InvalidArgument):
        bridge.set_hears([(one, other, 60.0)])
    engine.tick(10)
    one.read()
    bridge.set_hears([(one, other, 0.0)])
    engine.tick(20)
    assert rms(one.read()[-FRAME * 10 :]) > 3000


@pytest.mark.parametrize("shards", [1, 2])
def test_hears_rules_set_together_apply_at_one_tick(shards: int) -> None:
    """Exactly one of two hears the speaker: what both hear together is the speaker, at every sample.

    Between the two cells lie more others than a tick takes of commands that are not a group.
    """
    with Engine(EngineConfig(shards=shards)) as engine:
        bridge = engine.open_bridge()
        listeners = [silent(engine, bridge) for _ in range(2)]
        others = list(permutations([silent(engine, bridge) for _ in range(25)], 2))
        speaker = speaking(engine, bridge, 500, seconds=8)
        heard: list[list[np.ndarray]] = [[], []]
        turn = 0

        def swap() -> None:
            nonlocal turn
            turn += 1
            mine, yours = (None, 0.0) if turn % 2 else (0.0, None)
            between = ((one, other, -3.0 - turn % 2) for one, other in others)
            bridge.set_hears([(listeners[0], speaker, mine), *between, (listeners[1], speaker, yours)])

        def swapped_and_heard() -> bool:
            swap()
            for pcm, port in zip(heard, listeners, strict=True):
                pcm.append(port.read())
            engine.events()
            return sum(map(len, heard[0])) > RATE_HZ * 3

        swap()
        engine.start()
        eventually(swapped_and_heard, timeout_s=30, what="three seconds of swaps")
        one, other = (np.concatenate(pcm)[: RATE_HZ * 3].astype(np.int32) for pcm in heard)
    size = min(len(one), len(other))
    settled = slice(FRAME * 10, size)
    both = (one[:size] + other[:size])[settled]
    # The speaker's own frames: a sine that goes on, so every sample is known from two before it.
    turn_factor = 2 * np.cos(2 * np.pi * 500 / RATE_HZ)
    error = both[2:] - turn_factor * both[1:-1] + both[:-2]
    assert np.abs(error).max() < 6
    assert rms(both) > 4000
    assert min(rms(one[settled]), rms(other[settled])) > 1000
