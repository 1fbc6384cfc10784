"""ring.c against a deque, and between two threads."""

import ctypes
import errno
import threading
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.native import library

# struct mm_ring, opaque: pointers, sizes and two cache lines
_RING_BYTES = 4 * 64


class Ring:
    """A ring of 64-bit numbers."""

    def __init__(self, capacity: int) -> None:
        memory = ctypes.create_string_buffer(_RING_BYTES + 64)
        start = ctypes.addressof(memory)
        self._memory = memory
        self._ring = ctypes.c_void_p(start + -start % 64)
        self.code: int = library().mm_ring_init(self._ring, capacity, ctypes.c_size_t(8))

    def push(self, value: int) -> bool:
        return bool(library().mm_ring_push(self._ring, ctypes.byref(ctypes.c_uint64(value))) & 1)

    def pop(self) -> int | None:
        value = ctypes.c_uint64()
        return value.value if library().mm_ring_pop(self._ring, ctypes.byref(value)) & 1 else None

    def __len__(self) -> int:
        count: int = library().mm_ring_count(self._ring)
        return count

    def free(self) -> None:
        library().mm_ring_free(self._ring)


@settings(deadline=None)  # the first call compiles
@given(
    capacity=st.sampled_from([1, 2, 8]),
    steps=st.lists(st.one_of(st.integers(0, 2**64 - 1), st.none()), max_size=100),
)
def test_a_ring_is_a_bounded_queue(capacity: int, steps: list[int | None]) -> None:
    """A number is pushed, None pops; a full ring refuses, an empty one has nothing."""
    ring, model = Ring(capacity), deque[int]()
    for step in steps:
        if step is None:
            assert ring.pop() == (model.popleft() if model else None)
        else:
            fits = len(model) < capacity
            assert ring.push(step) is fits
            if fits:
                model.append(step)
        assert len(ring) == len(model)
    ring.free()


@pytest.mark.parametrize("capacity", [0, 3, 100])
def test_a_capacity_is_a_power_of_two(capacity: int) -> None:
    assert Ring(capacity).code == -errno.EINVAL


def test_a_ring_between_two_threads_keeps_all_items_in_order() -> None:
    """ctypes lets go of the GIL: producer and consumer really run at once."""
    ring, got = Ring(16), list[int]()
    total = 3_000

    def consume() -> None:
        while len(got) < total:
            value = ring.pop()
            if value is not None:
                got.append(value)

    consumer = threading.Thread(target=consume)
    consumer.start()
    for value in range(total):
        while not ring.push(value):
            pass
    consumer.join()
    assert got == list(range(total))
    ring.free()
