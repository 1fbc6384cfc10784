"""shard_commands.c: commands that belong together apply at one tick, whatever the tick's limit says."""

import ctypes
from collections.abc import Iterator

import pytest

from tests.support.native import library

HARMLESS = 999
"""An unknown type: it is taken from the ring without effect."""


class _Config(ctypes.Structure):
    _fields_ = [
        ("ptime_ms", ctypes.c_uint32),
        ("media_timeout_us", ctypes.c_int64),
        ("wake_fd", ctypes.c_int),
        ("manual", ctypes.c_bool),
        ("realtime", ctypes.c_bool),
    ]


class _Ring(ctypes.Structure):
    _fields_ = [("slots", ctypes.c_void_p), ("element_bytes", ctypes.c_size_t), ("capacity", ctypes.c_uint32)]


class _Command(ctypes.Structure):
    """The beginning of struct mm_command."""

    _fields_ = [("type", ctypes.c_uint32), ("more", ctypes.c_bool)]


# struct mm_shard begins with its config; rings lie on cache lines.
_RING_OFFSET = 64


class Shard:
    """A shard without a thread, and its command ring."""

    def __init__(self) -> None:
        self._shard = ctypes.c_void_p()
        config = _Config(20, 0, -1, True, False)
        assert library().mm_shard_open(ctypes.byref(self._shard), ctypes.byref(config)) == 0
        assert self._shard.value is not None
        self._ring = ctypes.c_void_p(self._shard.value + _RING_OFFSET)
        self._command_bytes = _Ring.from_address(self._shard.value + _RING_OFFSET).element_bytes

    def send(self, *more: bool) -> bool:
        """Push commands at once, each with the flag whether the next belongs to it."""
        memory = ctypes.create_string_buffer(self._command_bytes * len(more))
        for place, flag in enumerate(more):
            command = _Command.from_buffer(memory, place * self._command_bytes)
            command.type, command.more = HARMLESS, flag
        return bool(library().mm_ring_push_all(self._ring, memory, len(more)) & 1)

    def drain(self, limit: int) -> int:
        """Run a tick, and return how many commands remain for the next one."""
        library().mm_shard_drain(self._shard, limit, ctypes.c_int64(0))
        waiting: int = library().mm_ring_count(self._ring)
        return waiting

    def close(self) -> None:
        library().mm_shard_close(self._shard)


@pytest.fixture
def shard() -> Iterator[Shard]:
    opened = Shard()
    yield opened
    opened.close()


def test_a_tick_applies_no_more_commands_than_its_limit(shard: Shard) -> None:
    shard.send(False, False, False)
    assert [shard.drain(1) for _ in range(4)] == [2, 1, 0, 0]


def test_a_group_of_commands_is_applied_completely(shard: Shard) -> None:
    shard.send(False)
    shard.send(True, True, True, False)
    shard.send(False)
    assert [shard.drain(2) for _ in range(2)] == [1, 0]


def test_a_group_is_pushed_completely_or_not_at_all(shard: Shard) -> None:
    half = [False] * 2048
    assert shard.send(*half)
    assert shard.send(*half[:2046])
    assert not shard.send(True, True, False)
    assert shard.drain(0) == 4094
    assert shard.send(True, False)
