"""Time slices of threads, against the kernel."""

import os
import subprocess
import sys

import pytest

from mixminus.app.slices import set_slice_us, slice_us
from tests.app.test_priority import KEEPS_SLICES


@pytest.mark.skipif(not KEEPS_SLICES, reason="Linux keeps slices of normal threads since 6.12")
def test_a_slice_is_kept_and_the_nice_value_stays() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        os.setpriority(os.PRIO_PROCESS, other.pid, 7)
        set_slice_us(other.pid, 300)
        assert slice_us(other.pid) == 300
        assert os.getpriority(os.PRIO_PROCESS, other.pid) == 7
        set_slice_us(other.pid, 1)
        assert slice_us(other.pid) == 100
        other.communicate(b"\n")


def test_a_thread_that_has_ended_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as other:
        other.wait()
        with pytest.raises(ProcessLookupError):
            slice_us(other.pid)
        with pytest.raises(ProcessLookupError):
            set_slice_us(other.pid, 300)
