"""Bans of callers whose messages crash workers: longer each time, at most an hour, forgotten after an hour without a crash."""

import pytest

from mixminus.sip.edge.shut_outs import ShutOuts

WORKER = 5062
HOUR_S = 3600.0


def crash(shut_outs: ShutOuts, host: str, now_s: float) -> None:
    shut_outs.forwarded(WORKER, host)
    assert shut_outs.crashed(WORKER, now_s) == host


def banned_s(shut_outs: ShutOuts, host: str, now_s: float) -> int:
    """Return for how many seconds from now on a host is shut out."""
    return sum(shut_outs.covers(host, now_s + second) for second in range(2 * int(HOUR_S)))


def test_each_crash_doubles_the_time_up_to_an_hour() -> None:
    shut_outs, now_s, times = ShutOuts(), 0.0, []
    for _ in range(12):
        crash(shut_outs, "192.0.2.7", now_s)
        times.append(banned_s(shut_outs, "192.0.2.7", now_s))
        now_s += HOUR_S - 1
    assert times == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]


@pytest.mark.parametrize(("pause_s", "time_s"), [(HOUR_S - 1, 40), (HOUR_S, 10)])
def test_an_hour_without_a_crash_is_forgiven(pause_s: float, time_s: int) -> None:
    shut_outs = ShutOuts()
    crash(shut_outs, "192.0.2.7", 0.0)
    crash(shut_outs, "192.0.2.7", 20.0)
    crash(shut_outs, "192.0.2.7", 20.0 + pause_s)
    assert banned_s(shut_outs, "192.0.2.7", 20.0 + pause_s) == time_s


def test_only_the_sender_of_the_last_message_is_shut_out_with_its_network() -> None:
    shut_outs = ShutOuts()
    shut_outs.forwarded(WORKER, "192.0.2.9")
    crash(shut_outs, "2001:db8:1:2::5", 0.0)
    assert shut_outs.covers("2001:db8:1:2:a::9", 1.0), "a network of IPv6 is one source"
    assert not shut_outs.covers("192.0.2.9", 1.0)
    assert shut_outs.crashed(WORKER, 1.0) == "", "nobody wrote to the worker that came after it"


def test_many_sources_are_kept_in_bounded_memory() -> None:
    shut_outs = ShutOuts()
    for number in range(10_000):
        crash(shut_outs, f"10.{number >> 8}.{number & 255}.1", 0.0)
    banned = [shut_outs.covers(f"10.{number >> 8}.{number & 255}.1", 1.0) for number in range(10_000)]
    assert sum(banned) == 4096
    assert banned[-1]
