"""The generator's program: two of its phones talk to each other over loopback."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.capacity.generator import Counts, Generator
from bench.capacity.plan import Plan
from bench.capacity.setup import all_cores
from bench.capacity.tracks import Packet, write_tracks

from tests.support.waiting import pace

HOST = "127.0.0.1"
PACKET_S = 0.02
LEVEL = 0x80 | 26


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Generator]:
    path = tmp_path / "tracks"
    first = [Packet(bytes([number] * 160), LEVEL, marked=number == 0) for number in range(5)]
    second = [Packet(b"\x55" * 160)]
    write_tracks(path, Plan(2), [first, second])
    with Generator.open(3, HOST, path, all_cores()) as opened:
        opened.start(0, HOST, opened.ports[1], 0)
        opened.start(1, HOST, opened.ports[0], 1)
        yield opened


async def counted(generator: Generator, enough: int) -> Counts:
    """Count until a phone has this many packets: the machine may be slow."""
    for seconds in (0.2, 1.0, 5.0, 20.0):
        generator.begin()
        await pace(seconds)
        counts, _ = await generator.end()
        if any(phone.received >= enough for phone in counts.phones):
            return counts
    raise AssertionError(counts)


async def test_phones_hear_each_other_and_packets_are_counted(generator: Generator) -> None:
    await counted(generator, 5)
    counts = await counted(generator, 5)
    assert [phone.phone for phone in counts.phones] == [0, 1]
    for phone in counts.phones:
        assert phone.before
        assert (phone.lost, phone.unsent) == (0, 0)
        assert sum(phone.gaps_ms.values()) == phone.received
    assert counts.cpu_s > 0
    assert counts.packets == sum(phone.sent + phone.received for phone in counts.phones)


async def test_marked_packets_are_reported_when_they_are_sent(generator: Generator) -> None:
    counts = await counted(generator, 12)
    assert {phone for phone, _ in counts.marks} == {0}
    times = [at for _, at in counts.marks]
    # Every fifth packet, of 20 ms each; sent late now and then on a busy machine.
    assert len(times) >= 2
    assert times == sorted(times)


async def test_a_recorded_phone_has_its_packets_kept_with_level_and_payload(generator: Generator) -> None:
    generator.record(1, on=True)
    await counted(generator, 6)
    generator.begin()
    await pace(0.3)
    _, arrivals = await generator.end()
    assert {arrival.phone for arrival in arrivals} == {1}
    assert {arrival.packet[16:18] for arrival in arrivals} == {bytes([0x10, LEVEL])}
    for before, after in itertools.pairwise(arrivals):
        assert after.payload[0] == (before.payload[0] + 1) % 5
        assert len(after.payload) == 160


async def test_a_stopped_phone_sends_no_more(generator: Generator) -> None:
    await counted(generator, 1)
    generator.stop(0)
    generator.begin()
    await pace(5 * PACKET_S)
    counts, _ = await generator.end()
    assert [phone.phone for phone in counts.phones if phone.sent] == [1]


async def test_a_phone_that_hears_nothing_before_the_count_was_not_there(generator: Generator) -> None:
    await counted(generator, 1)
    generator.start(2, HOST, generator.ports[2], 0)
    generator.begin()
    await pace(0.5)
    counts, _ = await generator.end()
    assert [phone.before for phone in counts.phones] == [True, True, False]
