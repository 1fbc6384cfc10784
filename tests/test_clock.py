"""The system's clock."""

from mixminus.clock import SystemClock
from tests.support.waiting import pace


async def test_cpu_time_does_not_pass_while_a_thread_waits() -> None:
    clock = SystemClock()
    began_s, worked_s = clock.monotonic_s(), clock.cpu_s()
    await pace(0.5)
    assert clock.cpu_s() - worked_s < (clock.monotonic_s() - began_s) / 2


def test_cpu_time_passes_while_a_thread_works() -> None:
    clock = SystemClock()
    began_s = clock.cpu_s()
    while clock.cpu_s() == began_s:
        pass
