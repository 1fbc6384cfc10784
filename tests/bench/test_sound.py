"""What the phones of the capacity measurement say, and whether markers are found in it."""

import itertools

import numpy as np
import pytest
from bench.capacity.codecs import CODECS
from bench.capacity.markers import find_marker, likeness, put_marker
from bench.capacity.plan import Background, CodecName, Plan, Rooms
from bench.capacity.tracks import BACKGROUND_TRACK, MARKER_PACKETS, tracks

OPUS_LOOKAHEAD_MS = 6.5
ROUNDING_MS = 2.0


@pytest.mark.parametrize("codec", CodecName)
def test_every_marker_is_found_in_the_mix_of_all_talkers(codec: CodecName) -> None:
    wire, plan = CODECS[codec], Plan(10, codec)
    talkers = tracks(plan)[BACKGROUND_TRACK + 1 :]
    mix = sum(wire.decode(packet.payload for packet in talker).astype(np.int32) for talker in talkers)
    alike = likeness(np.clip(mix, -32768, 32767).astype(np.int16), wire.sample_rate_hz)
    size = wire.packet_samples
    for talker in talkers:
        for number in (number for number, packet in enumerate(talker) if packet.marked):
            at = find_marker(alike, number * size, (number + MARKER_PACKETS) * size)
            assert at is not None
            late_ms = 1000 * (at - number * size) / wire.sample_rate_hz
            assert -ROUNDING_MS <= late_ms <= OPUS_LOOKAHEAD_MS + ROUNDING_MS


@pytest.mark.parametrize("codec", CodecName)
def test_speech_without_markers_has_none(codec: CodecName) -> None:
    wire = CODECS[codec]
    for talker in tracks(Plan(10, codec))[BACKGROUND_TRACK + 1 :]:
        pcm = wire.decode(packet.payload for packet in talker)
        alike = likeness(pcm, wire.sample_rate_hz)
        marked = [number for number, packet in enumerate(talker) if packet.marked]
        # From the end of a marker to the begin of the next.
        for first, last in itertools.pairwise(marked):
            assert (
                find_marker(alike, (first + 3) * wire.packet_samples, (last - 1) * wire.packet_samples)
                is None
            )


def test_a_marker_begins_at_the_sample_where_it_was_put() -> None:
    pcm = np.zeros(8000, np.int16)
    put_marker(pcm, 1234, 8000)
    at = find_marker(likeness(pcm, 8000), 0, len(pcm))
    assert at is not None
    assert abs(at - 1234) <= 1


def test_two_talkers_of_a_room_never_mark_at_the_same_time_also_when_tracks_begin_again() -> None:
    talkers = tracks(Plan(10, talkers=3))[BACKGROUND_TRACK + 1 :]
    assert len({len(talker) for talker in talkers}) == 1
    marked = sorted(number for talker in talkers for number, packet in enumerate(talker) if packet.marked)
    assert marked == list(range(0, len(talkers[0]), MARKER_PACKETS))


@pytest.mark.parametrize(
    ("background", "levels"),
    [(Background.SILENCE, {255}), (Background.NOISE, {255}), (Background.LEVEL, {127})],
)
def test_the_background_has_levels_only_if_asked(background: Background, levels: set[int]) -> None:
    track = tracks(Plan(10, background=background))[BACKGROUND_TRACK]
    assert {packet.level for packet in track} == levels


def test_noise_is_quiet_and_not_silent() -> None:
    wire = CODECS[CodecName.PCMU]
    track = tracks(Plan(10, background=Background.NOISE))[BACKGROUND_TRACK]
    pcm = wire.decode(packet.payload for packet in track).astype(np.float64)
    level = 20 * np.log10(np.sqrt(np.mean(pcm**2)) / 32768)
    assert -68 < level < -62


@pytest.mark.parametrize(
    ("plan", "talkers", "rooms"),
    [
        (Plan(6, talkers=2), [0, 1, None, None, None, None], [0, 0, 0, 0, 0, 0]),
        (Plan(6, rooms=Rooms.PAIRS), [0, None, 0, None, 0, None], [0, 0, 1, 1, 2, 2]),
    ],
    ids=["one room", "rooms of two"],
)
def test_who_talks_where(plan: Plan, talkers: list[int | None], rooms: list[int]) -> None:
    assert [plan.talker_of(phone) for phone in range(plan.phones)] == talkers
    assert [plan.room_of(phone) for phone in range(plan.phones)] == rooms
