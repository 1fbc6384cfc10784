"""The jitter buffer against a sorted list, on a virtual clock."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.jitter import JitterBuffer, Verdict

TICK_MS = 20


def play_out(
    buffer: JitterBuffer, arrivals: list[tuple[float, int]], *, until_ms: float
) -> list[tuple[float, Verdict, int | None]]:
    """Feed (arrival, sequence) pairs in time and tick every 20 ms; return the output of each tick."""
    waiting = sorted(arrivals)
    heard = []
    at = 7.0
    while at < until_ms:
        while waiting and waiting[0][0] <= at:
            when, sequence = waiting.pop(0)
            buffer.put(sequence, at_ms=when)
        verdict, packet = buffer.get(at_ms=at)
        played = packet.extended_sequence if packet and verdict is Verdict.PACKET else None
        heard.append((at, verdict, played))
        at += TICK_MS
    return heard


def played(heard: list[tuple[float, Verdict, int | None]]) -> list[int]:
    return [sequence for _, _, sequence in heard if sequence is not None]


def test_a_steady_stream_plays_in_order_after_the_minimum_delay() -> None:
    buffer = JitterBuffer()
    heard = play_out(buffer, [(n * 20.0, n) for n in range(100)], until_ms=2050)
    assert played(heard) == list(range(100))
    assert heard[0][1] is Verdict.HOLD
    assert 20 <= buffer.delay_ms < 40
    assert buffer.counters["late"] == buffer.counters["lost"] == buffer.counters["overrun"] == 0


@pytest.mark.parametrize("first", [0, 65530, 2**32 - 5], ids=["from zero", "wire wrap", "extended wrap"])
def test_sequence_numbers_wrap(first: int) -> None:
    buffer = JitterBuffer()
    heard = play_out(buffer, [(n * 20.0, first + n) for n in range(20)], until_ms=450)
    assert played(heard) == [(first + n) % 2**32 for n in range(20)]


def test_a_reordered_pair_is_played_in_order() -> None:
    buffer = JitterBuffer()
    order = [0, 1, 2, 4, 3, 5, 6, 7]
    buffer_arrivals = [(n * 20.0 + (1 if n == 3 else 0) * 21, n) for n in order]
    heard = play_out(buffer, buffer_arrivals, until_ms=250)
    assert played(heard) == sorted(order)
    assert buffer.counters["reordered"] == 1


def test_the_packet_after_a_single_loss_is_offered_for_recovery() -> None:
    buffer = JitterBuffer()
    for sequence in (0, 1, 3):
        buffer.put(sequence, at_ms=0)
    assert buffer.get(at_ms=20)[0] is Verdict.PACKET
    assert buffer.get(at_ms=40)[0] is Verdict.PACKET
    verdict, following = buffer.get(at_ms=60)
    assert verdict is Verdict.LOST
    assert following is not None
    assert following.extended_sequence == 3
    verdict, packet = buffer.get(at_ms=80)
    assert verdict is Verdict.PACKET
    assert packet is not None
    assert packet.extended_sequence == 3
    assert buffer.counters["lost"] == 1


def test_only_the_last_of_several_losses_can_be_recovered() -> None:
    buffer = JitterBuffer()
    for sequence in (0, 3):
        buffer.put(sequence, at_ms=0)
    buffer.get(at_ms=20)
    assert buffer.get(at_ms=40) == (Verdict.LOST, None)
    assert buffer.get(at_ms=60)[1] is not None


def test_a_loss_during_an_underrun_is_concealed_once() -> None:
    buffer = JitterBuffer()
    for sequence in (0, 1):
        buffer.put(sequence, at_ms=20 * sequence)
    heard = [buffer.get(at_ms=at_ms)[0] for at_ms in (20, 40, 60)]
    buffer.put(3, at_ms=61)
    heard.append(buffer.get(at_ms=80)[0])
    assert heard == [Verdict.PACKET, Verdict.PACKET, Verdict.EMPTY, Verdict.PACKET]
    assert buffer.counters["lost"] == buffer.counters["underrun"] == 1
    assert buffer.delay_ms == 20


def test_late_and_duplicate_packets_are_counted_separately() -> None:
    buffer = JitterBuffer()
    for sequence in (0, 1, 3):
        buffer.put(sequence, at_ms=0)
    assert buffer.put(3, at_ms=1) < 0
    for at_ms in (20, 40, 60, 80):
        buffer.get(at_ms=at_ms)
    assert buffer.put(1, at_ms=81) < 0
    assert buffer.put(2, at_ms=82) < 0
    assert buffer.counters["duplicate"] == 2
    assert buffer.counters["late"] == 1


def test_a_burst_over_the_limit_drops_its_oldest_packets() -> None:
    buffer = JitterBuffer(max_delay_ms=100)
    for sequence in range(30):
        buffer.put(sequence, at_ms=0)
    assert buffer.depth_ms <= 100
    assert buffer.counters["overrun"] == 25
    assert buffer.get(at_ms=40)[1].extended_sequence == 25  # type: ignore[union-attr] # there are five


def test_a_gap_in_the_timestamps_is_silence_not_loss() -> None:
    buffer = JitterBuffer()
    silence_ms = 300
    for n in range(5):
        buffer.put(n, at_ms=n * 20, pauses=n == 4)
    heard = [buffer.get(at_ms=27 + 20 * n)[0] for n in range(10)]
    assert heard == [Verdict.PACKET] * 5 + [Verdict.HOLD] * 5
    resumes = 5 * 20 + silence_ms
    buffer.put(5, timestamp=(5 * 20 + silence_ms) * 8, at_ms=resumes)
    assert buffer.get(at_ms=resumes + 7)[0] is Verdict.HOLD
    assert buffer.get(at_ms=resumes + 27)[0] is Verdict.PACKET
    assert buffer.counters["underrun"] == 0
    assert buffer.counters["lost"] == 0


def test_event_packets_are_not_counted_as_lost_audio() -> None:
    buffer = JitterBuffer()
    for n in range(3):
        buffer.put(n, at_ms=n * 20)
    for n in range(3, 10):
        buffer.put(n, at_ms=n * 20, timestamp=3 * 160, ticks=0, size=0)
    buffer.put(10, at_ms=200)
    heard = [buffer.get(at_ms=27 + 20 * n)[0] for n in range(11)]
    assert heard == [Verdict.PACKET] * 3 + [Verdict.HOLD] * 7 + [Verdict.PACKET]
    assert set(buffer.counters.values()) == {0}


def test_an_underrun_is_concealed_then_silent_until_refilled() -> None:
    buffer = JitterBuffer()
    heard = play_out(buffer, [(n * 20.0, n) for n in range(5)], until_ms=400)
    verdicts = [verdict for _, verdict, _ in heard]
    last = len(verdicts) - 1 - verdicts[::-1].index(Verdict.PACKET)
    assert verdicts[last + 1 : last + 6] == [Verdict.EMPTY] * 5
    assert set(verdicts[last + 6 :]) == {Verdict.HOLD}
    assert buffer.counters["underrun"] == 5


def test_the_target_delay_follows_the_jitter() -> None:
    chance = random.Random(1)
    buffer = JitterBuffer()
    rough = [(n * 20 + chance.uniform(0, 60), n) for n in range(500)]
    play_out(buffer, rough, until_ms=500 * 20)
    assert 50 <= buffer.target_delay_ms <= 65
    for n in range(500, 1500):
        buffer.put(n, at_ms=n * 20)
        buffer.get(at_ms=n * 20 + 7)
    assert buffer.target_delay_ms <= 25


@pytest.mark.parametrize("jump", [-1_000_000, 1_000_000], ids=["back", "forward"])
def test_a_timestamp_jump_does_not_stop_the_stream(jump: int) -> None:
    buffer = JitterBuffer()
    verdicts = []
    for n in range(200):
        buffer.put(n, at_ms=n * 20, timestamp=2**31 + n * 160 + (jump if n >= 100 else 0))
        verdicts.append(buffer.get(at_ms=n * 20 + 7)[0])
    assert verdicts.count(Verdict.PACKET) >= 196
    assert set(verdicts[110:]) == {Verdict.PACKET}
    assert buffer.correction() == 0


def test_timestamps_that_stop_during_hold_restart_the_timeline() -> None:
    buffer = JitterBuffer()
    for n in range(100):
        buffer.put(n, at_ms=n * 20)
        buffer.get(at_ms=n * 20 + 7)
    for n in range(30):
        buffer.get(at_ms=2007 + n * 20)
    for n in range(100, 300):
        buffer.put(n, at_ms=600 + n * 20)
        buffer.get(at_ms=600 + n * 20 + 7)
    assert buffer.target_delay_ms == 20
    assert buffer.delay_ms < 40


def test_a_restarted_sequence_plays_immediately() -> None:
    buffer = JitterBuffer()
    play_out(buffer, [(n * 20.0, n) for n in range(10)], until_ms=230)
    lost = buffer.counters["lost"]
    buffer.put(40_000, at_ms=240, timestamp=240 * 8)
    assert buffer.get(at_ms=267)[0] is Verdict.PACKET
    assert buffer.counters["lost"] == lost


def test_reset_keeps_the_measured_jitter() -> None:
    chance = random.Random(2)
    buffer = JitterBuffer()
    play_out(buffer, [(n * 20 + chance.uniform(0, 60), n) for n in range(200)], until_ms=4000)
    learnt = buffer.target_delay_ms
    buffer.reset()
    assert buffer.queued == 0
    assert buffer.put(7, at_ms=5000) == 0
    assert buffer.target_delay_ms == pytest.approx(learnt, abs=5)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1), cap_ms=st.sampled_from([60, 100, 200]), first=st.integers(0, 2**32 - 1)
)
def test_any_network_keeps_order_limit_and_counters_consistent(seed: int, cap_ms: int, first: int) -> None:
    chance = random.Random(seed)
    jitter_ms, loss, copies = (
        chance.choice([0, 20, 80, 400]),
        chance.choice([0, 0.1, 0.5]),
        chance.random() / 3,
    )
    sent = [n for n in range(300) for _ in range(1 + (chance.random() < copies))]
    arrivals = sorted((n * 20 + chance.uniform(0, jitter_ms), n) for n in sent if chance.random() >= loss)
    buffer = JitterBuffer(max_delay_ms=cap_ms)
    put, heard, came = 0, [], {}
    waiting = list(arrivals)
    for tick in range(400):
        at = 7.0 + tick * TICK_MS
        while waiting and waiting[0][0] <= at:
            when, n = waiting.pop(0)
            put += 1
            if buffer.put(first + n, at_ms=when, timestamp=(first + n) * 160) == 0:
                came[n] = when
        verdict, packet = buffer.get(at_ms=at)
        if verdict is Verdict.PACKET and packet is not None:
            n = (packet.extended_sequence - first) % 2**32
            heard.append(n)
            assert at - came[n] <= cap_ms + 0.001
        assert buffer.depth_ms <= cap_ms
    counters = buffer.counters
    assert heard == sorted(set(heard))
    assert set(heard) <= {n for _, n in arrivals}
    assert len(heard) + counters["late"] + counters["duplicate"] + counters["overrun"] == put


@pytest.mark.parametrize("drift_ppm", [-200, 200])
def test_clock_drift_is_followed(drift_ppm: int) -> None:
    """Ten minutes; each correction is carried out as a receiver would, 8 ms at a time."""
    buffer = JitterBuffer()
    period_ms = 20 * (1 - drift_ppm / 1e6)
    held_ms, next_put, corrections = 0.0, 0, 0
    for tick in range(30_000):
        at = 9.0 + tick * TICK_MS
        while next_put * period_ms <= at:
            buffer.put(next_put, at_ms=next_put * period_ms)
            next_put += 1
        while held_ms < TICK_MS:
            verdict, _ = buffer.get(at_ms=at)
            correction = buffer.correction(held_ms) if verdict is Verdict.PACKET else 0
            held_ms += 20 - (8 if correction > 0 else -8 if correction < 0 else 0)
            corrections += correction != 0
        held_ms -= TICK_MS
        assert buffer.depth_ms + held_ms <= 80
    assert 5 <= corrections <= 40
    assert buffer.counters["underrun"] + buffer.counters["lost"] + buffer.counters["overrun"] <= 1
