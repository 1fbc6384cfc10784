"""From packets to what is reported: rates, gaps, lateness, delay."""

import struct
from collections import Counter

import pytest
from bench.capacity.codecs import CODECS
from bench.capacity.generator import Arrival, Counts, PhoneCounts
from bench.capacity.plan import CodecName, Plan, Rooms
from bench.capacity.quality import delay_of, histogram_quantile, lateness_ms, packets_of, quantile
from bench.capacity.tracks import BACKGROUND_TRACK, tracks

MS = 1_000_000
SECOND = 1000 * MS


def rtp(number: int, payload: bytes = b"", *, extension: bytes = b"") -> bytes:
    first = 0x90 if extension else 0x80
    return struct.pack("!BBHII", first, 0, number & 0xFFFF, number * 160, 1) + extension + payload


def phone(
    number: int, received: int, *, before: bool = True, gaps: dict[int, int] | None = None
) -> PhoneCounts:
    longest = max(gaps or {20: 1})
    return PhoneCounts(number, before, received, 0, received, 0, longest * 1000, 1, Counter(gaps or {}))


def counts(
    phones: list[PhoneCounts], *, seconds: float = 10.0, marks: list[tuple[int, int]] | None = None
) -> Counts:
    return Counts(seconds, 0.1, 0, 0, Counter(), marks or [], phones)


def test_rates_are_of_the_worst_phone_and_only_of_those_that_were_there() -> None:
    phones = [phone(0, 500), phone(1, 495), phone(2, 100, before=False), phone(3, 0)]
    found = packets_of(counts(phones), [], {0, 1, 2})
    assert (found.phones, found.per_s_min, found.per_s_median) == (2, 49.5, 50.0)


def test_long_gaps_are_counted_by_their_length() -> None:
    found = packets_of(
        counts([phone(0, 500, gaps={20: 480, 41: 1, 75: 2, 250: 1}), phone(1, 500, gaps={20: 499})]),
        [],
        {0, 1},
    )
    assert (found.gaps_over_40_ms, found.gaps_over_60_ms, found.gaps_over_100_ms) == (4, 3, 1)
    assert found.phones_with_gap_over_60_ms == 1
    assert (found.gap_p50_ms, found.gap_max_ms) == (20, 250)


def test_lateness_is_measured_from_the_earliest_packet_and_a_lost_one_shifts_nothing() -> None:
    late = {1: 0.0, 2: 7.0, 4: 3.0, 5: 0.0}
    arrivals = [Arrival(0, int((number * 20 + more) * MS), rtp(number)) for number, more in late.items()]
    assert lateness_ms(arrivals) == list(late.values())


def test_sequence_numbers_that_wrap_are_not_late() -> None:
    arrivals = [Arrival(0, number * 20 * MS, rtp(65_530 + number)) for number in range(20)]
    assert max(lateness_ms(arrivals)) == 0.0


@pytest.mark.parametrize("extension", [b"", bytes.fromhex("bede000110ff0000")], ids=["plain", "with a level"])
def test_a_payload_begins_behind_the_extension(extension: bytes) -> None:
    assert Arrival(0, 0, rtp(1, b"speech", extension=extension)).payload == b"speech"


@pytest.mark.parametrize("codec", [CodecName.PCMU, CodecName.OPUS])
def test_the_delay_is_that_between_the_markers_packet_and_its_arrival(codec: CodecName) -> None:
    delay_ms = 45
    track = tracks(Plan(2, codec, talkers=1))[BACKGROUND_TRACK + 1]
    marks = [(0, number * 20 * MS) for number, packet in enumerate(track) if packet.marked]
    arrivals = [
        Arrival(1, (number * 20 + delay_ms) * MS, rtp(number, packet.payload))
        for number, packet in enumerate([*track, *track])
    ]
    # What was sent before the recording began cannot be heard in it.
    marks = [(0, at) for _, at in marks if at >= delay_ms * MS]
    found = delay_of(Plan(2, codec, talkers=1), counts([phone(1, 100)], marks=marks), arrivals)
    lookahead_ms = {CodecName.PCMU: 0.0, CodecName.OPUS: 6.5}[codec]
    assert found.sent == found.heard == len(marks)
    assert found.p50_ms == pytest.approx(delay_ms + lookahead_ms, abs=0.5)


def test_a_marker_that_is_not_heard_is_reported_as_lost() -> None:
    wire = CODECS[CodecName.PCMU]
    silence = wire.encode(tracks_silence := wire.decode([b"\xff" * 160] * 100))
    assert len(tracks_silence) == 16_000
    arrivals = [Arrival(1, number * 20 * MS, rtp(number, payload)) for number, payload in enumerate(silence)]
    found = delay_of(Plan(2, talkers=1), counts([phone(1, 100)], marks=[(0, 200 * MS)]), arrivals)
    assert (found.sent, found.heard) == (1, 0)


def test_a_marker_of_another_room_is_not_expected() -> None:
    plan = Plan(4, rooms=Rooms.PAIRS)
    arrivals = [Arrival(3, number * 20 * MS, rtp(number, b"\xff" * 160)) for number in range(100)]
    found = delay_of(plan, counts([phone(3, 100)], marks=[(0, 200 * MS)]), arrivals)
    assert found.sent == 0


def test_quantiles() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile([], 0.5) == 0
    assert quantile(range(100), 0.99) == 99
    assert histogram_quantile(Counter({20: 99, 80: 1}), 0.5) == 20
    assert histogram_quantile(Counter({20: 98, 80: 2}), 0.99) == 80
    assert histogram_quantile(Counter(), 0.5) == 0
