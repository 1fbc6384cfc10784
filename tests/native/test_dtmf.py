"""RFC 4733 events: every digit once, for any behaviour of network and phone."""

import ctypes
import errno
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.native import library
from tests.support.packets import event

QUEUE = 32


class Digit(ctypes.Structure):
    """``struct mm_digit``."""

    _fields_ = [("digit", ctypes.c_char), ("duration_ms", ctypes.c_uint32)]


class Rx(ctypes.Structure):
    """``struct mm_dtmf_rx``."""

    _fields_ = [
        ("clock_rate_hz", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("newest", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
        ("last_duration", ctypes.c_uint32),
        ("segments", ctypes.c_uint32),
        ("last_packet_us", ctypes.c_int64),
        ("event", ctypes.c_uint8),
        ("active", ctypes.c_bool),
        ("ended", ctypes.c_bool),
        ("any", ctypes.c_bool),
    ]


class Tx(ctypes.Structure):
    """``struct mm_dtmf_tx``."""

    _fields_ = [
        ("clock_rate_hz", ctypes.c_uint32),
        ("ptime_ms", ctypes.c_uint32),
        ("queue", Digit * QUEUE),
        ("head", ctypes.c_uint32),
        ("count", ctypes.c_uint32),
        ("elapsed_ms", ctypes.c_uint32),
        ("pause_ms", ctypes.c_uint32),
        ("ends_left", ctypes.c_uint8),
        ("timestamp", ctypes.c_uint32),
    ]


class Ear:
    """Receives packets, and collects the digits."""

    def __init__(self, clock_rate_hz: int = 8000) -> None:
        self._rx = Rx()
        self.heard: list[tuple[str, int]] = []
        library().mm_dtmf_rx_init(ctypes.byref(self._rx), clock_rate_hz)

    def packet(self, timestamp: int, payload: bytes, *, marker: bool = False, at_ms: float = 0) -> int:
        digit = Digit()
        code = library().mm_dtmf_rx_packet(
            ctypes.byref(self._rx),
            ctypes.c_uint32(timestamp % 2**32),
            ctypes.c_bool(marker),
            (ctypes.c_uint8 * len(payload)).from_buffer_copy(payload),
            ctypes.c_size_t(len(payload)),
            ctypes.c_int64(round(at_ms * 1000)),
            ctypes.byref(digit),
        )
        self._keep(code, digit)
        return int(code)

    def poll(self, *, at_ms: float) -> None:
        digit = Digit()
        code = library().mm_dtmf_rx_poll(
            ctypes.byref(self._rx), ctypes.c_int64(round(at_ms * 1000)), ctypes.byref(digit)
        )
        self._keep(code, digit)

    def _keep(self, code: int, digit: Digit) -> None:
        if code > 0:
            self.heard.append((digit.digit.decode(), digit.duration_ms))


def keypress(digit: int, timestamp: int) -> list[tuple[int, bytes, bool]]:
    """100 ms of a digit as a phone sends it: five updates, the end three times."""
    updates = [(timestamp, event(digit, n * 160), n == 1) for n in range(1, 5)]
    return updates + [(timestamp, event(digit, 800, end=True), False)] * 3


def test_each_digit_is_received_once_with_its_duration() -> None:
    ear = Ear()
    for n in range(16):
        for timestamp, payload, marker in keypress(n, n * 1600):
            ear.packet(timestamp, payload, marker=marker)
    assert ear.heard == [(digit, 100) for digit in "0123456789*#ABCD"]


@pytest.mark.parametrize("lost", list(itertools.combinations(range(7), 4)))
def test_a_digit_survives_four_lost_packets_and_a_missing_marker(lost: tuple[int, ...]) -> None:
    ear = Ear()
    for press in range(2):
        for n, (timestamp, payload, _) in enumerate(keypress(5, press * 1600)):
            if n not in lost:
                ear.packet(timestamp, payload, at_ms=press * 200 + n * 20)
    ear.poll(at_ms=1000)
    assert [digit for digit, _ in ear.heard] == ["5", "5"]


def test_a_digit_without_end_packets_ends_after_a_timeout() -> None:
    ear = Ear()
    ear.packet(0, event(7, 480), marker=True, at_ms=0)
    ear.poll(at_ms=119)
    assert ear.heard == []
    ear.poll(at_ms=120)
    ear.poll(at_ms=140)
    assert ear.heard == [("7", 60)]
    ear.packet(0, event(7, 480, end=True), at_ms=150)
    assert ear.heard == [("7", 60)]


def test_an_end_packet_alone_is_a_digit() -> None:
    ear = Ear()
    ear.packet(0, event(1, 160))
    ear.packet(1600, event(2, 800, end=True), at_ms=20)
    ear.poll(at_ms=20)
    ear.poll(at_ms=20)
    assert ear.heard == [("1", 20), ("2", 100)]


def test_late_packets_of_an_earlier_digit_are_ignored() -> None:
    ear = Ear()
    ear.packet(0, event(1, 800, end=True))
    ear.packet(1600, event(2, 160))
    ear.packet(0, event(1, 640))
    ear.packet(1600, event(2, 800, end=True))
    ear.packet(1600, event(2, 640))
    assert ear.heard == [("1", 100), ("2", 100)]


def test_timestamps_wrap_between_digits() -> None:
    ear = Ear()
    for timestamp in (2**32 - 1600, 0, 1600):
        ear.packet(timestamp, event(3, 800, end=True))
    assert len(ear.heard) == 3


def test_a_long_digit_in_segments_is_one_digit() -> None:
    """RFC 4733 section 2.5.1.3: segments of 65535 ticks."""
    ear = Ear()
    ear.packet(0, event(9, 0xFFFF), marker=True)
    ear.packet(0xFFFF, event(9, 8000))
    ear.packet(0xFFFF, event(9, 16_000, end=True))
    assert ear.heard == [("9", (0xFFFF + 16_000) // 8)]


END_AT = [*[(n, n * 160, False) for n in range(1, 5)], *[(n, 800, True) for n in (5, 6, 7)]]
"""The packets of a press of 100 ms: number, duration, end."""


def presses(
    shape: str, digits: list[int], clock_rate_hz: int, pause: int
) -> list[tuple[int, bytes, bool, int]]:
    """Return packets as senders of one habit send them: timestamp, payload, marker, ms of arrival."""
    sent, packets = clock_rate_hz // 8000, []
    for press, digit in enumerate(digits):
        first = press * (7 * 20 + pause)
        for number, duration, end in END_AT:
            now = first + (number - 1) * 20
            runs_on = {"ends run on": max(0, number - 5), "all run on": number - 1}.get(shape, 0)
            own = 160 if shape == "own timestamp and own duration" else duration
            runs_on = number - 1 if shape == "own timestamp and own duration" else runs_on
            base = 0 if shape == "clock stands still" else first * 8
            marker = number == 1 or shape == "all run on with markers"
            runs_on = number - 1 if shape == "all run on with markers" else runs_on
            packets.append(((base + runs_on * 160) * sent, event(digit, own * sent, end=end), marker, now))
    return packets


@pytest.mark.parametrize("pause", [40, 60, 200])
@pytest.mark.parametrize("clock_rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("first", [0, 2**32 - 320])
@pytest.mark.parametrize(
    "shape",
    [
        "by the book",
        "ends run on",
        "all run on",
        "all run on with markers",
        "own timestamp and own duration",
    ],
)
def test_a_press_is_one_digit_whatever_its_timestamps_do(
    shape: str, clock_rate_hz: int, first: int, pause: int
) -> None:
    ear = Ear(clock_rate_hz)
    for timestamp, payload, marker, at_ms in presses(shape, [5, 5, 1, 5], clock_rate_hz, pause):
        ear.poll(at_ms=at_ms)
        ear.packet(first + timestamp, payload, marker=marker, at_ms=at_ms)
    ear.poll(at_ms=10_000)
    assert [digit for digit, _ in ear.heard] == ["5", "5", "1", "5"]
    assert all(80 <= duration_ms <= 100 for _, duration_ms in ear.heard)


@pytest.mark.parametrize("lost", list(itertools.combinations(range(7), 2)))
@pytest.mark.parametrize("shape", ["ends run on", "all run on", "own timestamp and own duration"])
def test_a_press_with_running_timestamps_survives_two_lost_packets(shape: str, lost: tuple[int, ...]) -> None:
    ear = Ear()
    for n, (timestamp, payload, _, at_ms) in enumerate(presses(shape, [7, 7], 8000, 100)):
        ear.poll(at_ms=at_ms)
        if n % 7 not in lost:
            ear.packet(timestamp, payload, at_ms=at_ms)
    ear.poll(at_ms=10_000)
    assert [digit for digit, _ in ear.heard] == ["7", "7"]


def press(
    first_ms: int,
    *,
    ends: int = 3,
    stamped: Callable[[int], int] = lambda _: 0,
    lasts: Callable[[int, bool], int] = lambda number, _: min(number + 1, 5) * 160,
    step_ms: int = 20,
) -> list[tuple[int, bytes, bool, int]]:
    """Return the packets of digit 5: four, and these ends."""
    return [
        (
            first_ms * 8 + stamped(number),
            event(5, lasts(number, number > 3), end=number > 3),
            number == 0,
            first_ms + number * step_ms,
        )
        for number in range(4 + ends)
    ]


@pytest.mark.parametrize(
    "habit",
    [
        pytest.param({"lasts": lambda _n, _e: 0}, id="no duration"),
        pytest.param({"lasts": lambda _n, _e: 800}, id="the whole duration from the first packet on"),
        pytest.param({"lasts": lambda n, e: 400 if e else n * 160}, id="ends that are shorter"),
        pytest.param({"ends": 0}, id="no end"),
        pytest.param({"ends": 1}, id="one end"),
        pytest.param({"ends": 10, "stamped": lambda n: max(0, n - 4) * 160}, id="ten ends that run on"),
        pytest.param({"stamped": lambda n: 0 if n < 4 else -160}, id="ends that go back"),
        pytest.param(
            {"stamped": lambda n: n * 160, "lasts": lambda _n, _e: 0}, id="own timestamps, no duration"
        ),
        pytest.param(
            {"stamped": lambda n: n * 480, "lasts": lambda _n, _e: 480, "step_ms": 60}, id="60 ms a packet"
        ),
        pytest.param({"step_ms": 0}, id="all packets at once"),
    ],
)
def test_two_presses_are_two_digits_whatever_the_packets_state(habit: dict[str, Any]) -> None:
    ear = Ear()
    for timestamp, payload, marker, at_ms in press(0, **habit) + press(700, **habit):
        ear.poll(at_ms=at_ms)
        ear.packet(timestamp, payload, marker=marker, at_ms=at_ms)
    ear.poll(at_ms=10_000)
    assert [digit for digit, _ in ear.heard] == ["5", "5"]


def test_presses_with_one_timestamp_are_separated_by_digit_and_by_time() -> None:
    ear = Ear()
    for timestamp, payload, marker, at_ms in presses("clock stands still", [1, 2, 2], 8000, 200):
        ear.packet(timestamp, payload, marker=marker, at_ms=at_ms)
    assert ear.heard == [("1", 100), ("2", 100), ("2", 100)]


def test_recordings_of_digits_are_digits_in_any_order() -> None:
    """Programs for tests play the packets of digits as they were captured once: older timestamps come later, or again."""
    ear = Ear()
    for at_ms, digit, first_ms in (
        (0, 10, 10_720),
        (1000, 6, 6100),
        (2000, 10, 10_720),
        (3000, 6, 6100),
        (4000, 6, 6100),
    ):
        for number, (timestamp, payload, marker) in enumerate(keypress(digit, first_ms * 8)):
            ear.poll(at_ms=at_ms + 20 * number)
            ear.packet(timestamp, payload, marker=marker, at_ms=at_ms + 20 * number)
    assert [digit for digit, _ in ear.heard] == ["*", "6", "*", "6", "6"]


def test_other_events_are_not_digits() -> None:
    ear = Ear()
    assert ear.packet(0, event(16, 800, end=True)) == 0
    assert ear.packet(0, b"\x01\x8a\x03") == -errno.EBADMSG
    assert ear.packet(0, b"") == -errno.EBADMSG
    assert ear.heard == []


@pytest.mark.parametrize("offset", [-1600, -160, 0, 160, 800, 5_000_000])
def test_a_hook_flash_between_presses_changes_no_digit(offset: int) -> None:
    """Event 16, whatever its timestamps are beside those of the digits."""
    ear, at_ms = Ear(), 0
    for press, digit in enumerate((5, 5, 6)):
        first = press * 3200
        for key, timestamp in ((digit, first), (16, first + 1600 + offset)):
            for stamp, payload, marker in keypress(key, timestamp):
                assert ear.packet(stamp, payload, marker=marker, at_ms=at_ms) >= 0
                at_ms += 20
                ear.poll(at_ms=at_ms)
    assert ear.heard == [("5", 100), ("5", 100), ("6", 100)]


class Mouth:
    """Makes packets of digits, one per tick."""

    def __init__(self, *, ptime_ms: int = 20, clock_rate_hz: int = 8000) -> None:
        self._tx = Tx()
        self._timestamp = 1000
        self._step = clock_rate_hz // 1000 * ptime_ms
        library().mm_dtmf_tx_init(ctypes.byref(self._tx), clock_rate_hz, ptime_ms)

    def push(self, digit: str, duration_ms: int = 100) -> int:
        return int(
            library().mm_dtmf_tx_push(ctypes.byref(self._tx), ctypes.c_char(digit.encode()), duration_ms)
        )

    def tick(self) -> tuple[int, bytes, bool] | None:
        payload, marker, timestamp = (ctypes.c_uint8 * 4)(), ctypes.c_bool(), ctypes.c_uint32()
        count = library().mm_dtmf_tx_tick(
            ctypes.byref(self._tx),
            ctypes.c_uint32(self._timestamp),
            payload,
            ctypes.byref(marker),
            ctypes.byref(timestamp),
        )
        self._timestamp += self._step
        return (timestamp.value, bytes(payload), marker.value) if count else None


@pytest.mark.parametrize("ptime_ms", [10, 20])
@pytest.mark.parametrize("clock_rate_hz", [8000, 48000])
def test_sent_digits_are_received_unchanged(ptime_ms: int, clock_rate_hz: int) -> None:
    mouth, ear = Mouth(ptime_ms=ptime_ms, clock_rate_hz=clock_rate_hz), Ear(clock_rate_hz)
    for digit in "112#d":
        assert mouth.push(digit) == 0
    sent = [mouth.tick() for _ in range(1500 // ptime_ms)]
    packets = [packet for packet in sent if packet]
    for timestamp, payload, marker in packets:
        ear.packet(timestamp, payload, marker=marker)
    assert ear.heard == [(digit, 100) for digit in "112#D"]
    assert sum(marker for _, _, marker in packets) == 5
    assert sum(bool(payload[1] & 0x80) for _, payload, _ in packets) == 15
    assert len({timestamp for timestamp, _, _ in packets}) == 5
    gaps = [len(list(group)) for busy, group in itertools.groupby(sent, key=bool) if not busy]
    assert min(gaps) * ptime_ms >= 60


def test_a_digit_starts_with_the_marker_and_its_own_timestamp() -> None:
    mouth = Mouth()
    mouth.tick()
    mouth.push("1")
    assert mouth.tick() == (1160, event(1, 160), True)
    assert mouth.tick() == (1160, event(1, 320), False)


def test_durations_are_clamped() -> None:
    for asked_ms, sent_ms in ((1, 40), (100_000, 8191)):
        mouth, ear = Mouth(), Ear()
        mouth.push("4", asked_ms)
        for _ in range(500):
            packet = mouth.tick()
            if packet:
                ear.packet(packet[0], packet[1], marker=packet[2])
        assert ear.heard == [("4", sent_ms)]


def test_the_queue_is_bounded_and_takes_only_digits() -> None:
    mouth = Mouth()
    assert [mouth.push(bad) for bad in ("x", "\0", " ")] == [-errno.EINVAL] * 3
    assert [mouth.push("1") for _ in range(QUEUE + 1)] == [0] * QUEUE + [-errno.ENOSPC]
