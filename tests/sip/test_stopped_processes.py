"""Processes of the SIP side that are stopped, not killed, are replaced as killed ones are; one that pauses briefly is not."""

import os
import signal

import psutil

from mixminus.heartbeat import BEAT_S, BEATS_AT_REST, MOST_UNANSWERED
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, end_of, open_backend, process_named, worker_of
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import pace, until

DETECTED_S = BEAT_S * (MOST_UNANSWERED + 2)
DETECTED_AT_REST_S = DETECTED_S + BEAT_S * BEATS_AT_REST
CONFIG = SipConfig(port=0, max_calls=4)


def stuck(backend: Backend) -> int:
    return backend.endpoint.counters["sip_processes_stuck"]


async def check_and_hang_up(call: PhoneCall) -> None:
    """Check that a call still works, and end it."""
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    assert (await call.hang_up()).status_code == 200


async def test_calls_of_a_stopped_worker_go_on_with_another() -> None:
    async with open_backend(CONFIG) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        stopped = backend.endpoint.worker_pids[worker_of(call)]
        os.kill(stopped, signal.SIGSTOP)
        await until(lambda: not psutil.pid_exists(stopped), within_s=DETECTED_S)
        await check_and_hang_up(call)
        assert await end_of(backend.leg) == (HangupReason.NORMAL, True)
        assert stuck(backend) == 1
        await until(lambda: len(backend.endpoint.worker_pids) == 2)
        await phone.close()


async def test_stopped_edge_is_replaced_and_calls_survive() -> None:
    async with open_backend(CONFIG) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        process_named("mixminus.sip.edge").suspend()
        await until(lambda: not backend.endpoint.ready, within_s=DETECTED_S)
        await until(lambda: backend.endpoint.ready)
        await check_and_hang_up(call)
        again = phone.call("1000")
        await again.establish()
        await check_and_hang_up(again)
        assert stuck(backend) == 1
        await phone.close()


async def test_stopped_zygote_is_replaced_and_forks_again() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4, spare_workers=0)) as backend:
        zygote = process_named("mixminus.sip.zygote")
        zygote.suspend()
        (pid,) = backend.endpoint.worker_pids.values()
        os.kill(pid, signal.SIGKILL)
        await until(
            lambda: backend.endpoint.worker_pids and pid not in backend.endpoint.worker_pids.values(),
            within_s=2 * DETECTED_S + 15,
        )
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        await check_and_hang_up(call)
        assert not zygote.is_running()
        await phone.close()


async def test_processes_that_pause_for_three_seconds_are_kept() -> None:
    async with open_backend(CONFIG) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        paused = [
            *map(psutil.Process, backend.endpoint.worker_pids.values()),
            process_named("mixminus.sip.edge"),
        ]
        for each in paused:
            each.suspend()
        await pace(3)
        for each in paused:
            each.resume()
        await check_and_hang_up(call)
        assert all(each.is_running() for each in paused)
        assert stuck(backend) == 0
        await phone.close()


async def test_new_calls_avoid_a_worker_that_owes_a_response() -> None:
    async with open_backend(SipConfig(port=0, max_calls=8)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        stopped = backend.endpoint.worker_pids[1]
        os.kill(stopped, signal.SIGSTOP)
        refused = 0
        for call in [phone.call("1000") for _ in range(6)]:
            call.invite(sdp())
            answer = await call.final()
            if answer.status_code == 200:
                call.ack()
            else:
                call.ack_refusal()
                refused += 1
        assert refused <= 1
        await until(lambda: not psutil.pid_exists(stopped), within_s=DETECTED_AT_REST_S)
        await phone.close()
