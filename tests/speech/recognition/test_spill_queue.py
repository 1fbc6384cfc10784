"""SpillQueue: a FIFO queue, in memory first, then in a file, up to a limit."""

from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from mixminus.speech.recognition.command_queue import QueueLimits, SpillQueue

LIMITS = QueueLimits(memory_bytes=30, file_bytes=100)
# None takes, a number puts that many bytes.
STEPS = st.lists(st.none() | st.integers(0, 40), max_size=60)


@given(steps=STEPS)
def test_spill_queue_is_fifo(steps: list[int | None]) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "a" / "b.spill"
        spill, model = SpillQueue(path, LIMITS), deque[bytes]()
        for number, size in enumerate(steps):
            if size is None:
                assert spill.take() == (model.popleft() if model else None)
            elif spill.put(item := bytes([number]) * size):
                model.append(item)
            if not model:
                assert not path.exists()
        spill.close()
        assert not path.exists()
        assert spill.take() is None


def test_spill_queue_uses_memory_then_file_then_refuses(tmp_path: Path) -> None:
    path = tmp_path / "one.spill"
    spill = SpillQueue(path, LIMITS)
    assert spill.put(b"m" * 30)
    assert not path.exists()
    assert spill.put(b"f" * 80)
    assert path.exists()
    assert not spill.put(b"x" * 80)
    assert [spill.take(), spill.take(), spill.take()] == [b"m" * 30, b"f" * 80, None]
    assert not path.exists()
    spill.close()
