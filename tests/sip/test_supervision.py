"""Crashes of the server, the edge, the zygote and workers, stopped ones, and that no process is left behind."""

import asyncio
import os
import signal
import sys
from collections import Counter

import psutil
import pytest

from mixminus.clock import SystemClock
from mixminus.errors import Unavailable
from mixminus.mixer import Engine
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from mixminus.sip.service import SipEndpoint
from mixminus.sip.supervision import Supervisor
from mixminus.sip.workers import workers_needed
from tests.support.sip_backend import (
    Backend,
    LegReceiver,
    end_of,
    open_backend,
    open_office,
    process_named,
    worker_of,
)
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import pace, until

SERVER = """
import asyncio, sys
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import open_backend, open_office

async def main():
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        print(backend.endpoint.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("max_calls", "capacity", "spare", "needed"),
    [(64, 4, 1, 17), (65, 4, 1, 18), (64, 1000, 1, 2), (1, 4, 0, 1)],
)
def test_number_of_workers_follows_max_calls(max_calls: int, capacity: int, spare: int, needed: int) -> None:
    assert workers_needed(max_calls, capacity, spare) == needed


async def check_and_hang_up(call: PhoneCall) -> None:
    """Check that a call still works, and end it."""
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    assert (await call.hang_up()).status_code == 200


async def test_lost_worker_ends_no_call() -> None:
    async with open_backend(SipConfig(port=0, max_calls=12)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        calls = [phone.call("1000") for _ in range(14)]
        for call in calls:
            await call.establish()
        legs = dict(zip((call.call_id for call in calls), backend.receiver.legs, strict=True))
        assert len({worker_of(call) for call in calls}) >= 4
        lost = worker_of(calls[0])
        os.kill(backend.endpoint.worker_pids[lost], signal.SIGKILL)
        await until(
            lambda: len(backend.endpoint.worker_pids) == 4 and lost not in backend.endpoint.worker_pids
        )
        for call in calls:
            await check_and_hang_up(call)
            assert await end_of(legs[call.call_id]) == (HangupReason.NORMAL, True)
        again = phone.call("1000")
        await again.establish()
        await check_and_hang_up(again)
        await phone.close()


async def test_caller_that_crashed_a_worker_is_shut_out() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        bad = await Phone.open(backend.endpoint.port, source="127.0.9.1")
        good = await Phone.open(backend.endpoint.port, source="127.0.9.2")
        call = bad.call("1000")
        await call.establish()
        os.kill(backend.endpoint.worker_pids[worker_of(call)], signal.SIGSEGV)
        call.reply(await call.asked("BYE"), 200)
        await until(lambda: backend.endpoint.ready)
        late = bad.call("1000")

        async def is_refused() -> int:
            late.invite(sdp())
            await pace(0.1)
            return backend.endpoint.counters["sip_edge_shut_out"]

        await until(is_refused)
        other = good.call("1000")
        await other.establish()
        await other.hang_up()
        await bad.close()
        await good.close()


async def test_ringing_call_of_a_lost_worker_is_refused() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4, spare_workers=0)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("ring")
        call.invite(sdp())
        await call.provisional(180)
        (pid,) = backend.endpoint.worker_pids.values()
        os.kill(pid, signal.SIGKILL)
        assert (await call.final()).status_code == 500
        call.ack_refusal()
        assert await end_of(backend.leg) == (HangupReason.FAILED, False)
        await phone.close()


async def comes_again(phone: Phone) -> PhoneCall | None:
    """Call again after a 503; return None while all workers are full."""
    call = phone.call("1000")
    call.invite(sdp())
    answer = await call.final()
    if answer.status_code == 503:
        call.ack_refusal()
        return None
    assert answer.status_code == 200, answer.start_line
    call.ack()
    return call


async def let_through(phone: Phone) -> PhoneCall | None:
    """Call a stopped worker; None if the edge has refused the call, as it learns of a free place a little later."""
    call, probe = phone.call("1000"), phone.call("1000")
    call.invite(sdp())
    probe.request("OPTIONS")
    await probe.final()  # the edge answers OPTIONS itself, and in order
    return call if phone.inbox(call.call_id).empty() else None


async def test_calls_beyond_the_capacity_get_503() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4, spare_workers=0)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        calls = [phone.call("1000") for _ in range(4)]
        for call in calls:
            await call.establish()
        late = phone.call("1000")
        late.invite()
        refusal = await late.final()
        assert (refusal.status_code, refusal.header("retry-after")) == (503, "5")
        late.ack_refusal()
        await calls[0].hang_up()
        again = await until(lambda: comes_again(phone))
        for call in (*calls[1:], again):
            await call.hang_up()
        await phone.close()


async def test_new_call_in_a_reused_slot_is_not_mistaken_for_the_ended_one() -> None:
    """The worker reads BYE and INVITE in one round of its loop: pjsua2 gives the new call the old one's slot."""
    async with open_backend(SipConfig(port=0, max_calls=4, spare_workers=0)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        calls = [phone.call("1000") for _ in range(4)]
        for call in calls:
            await call.establish()
        # pjsua2 assigns its four slots in turn, so the next one is the first call's again.
        await calls[3].hang_up()
        # Stopped before it has reported the free slot, the worker would keep the place.
        await until(lambda: backend.endpoint.dialogs == 3)
        await pace(0.3)
        (pid,) = backend.endpoint.worker_pids.values()
        os.kill(pid, signal.SIGSTOP)
        try:
            calls[0].request("BYE")
            late = await until(lambda: let_through(phone))
        finally:
            os.kill(pid, signal.SIGCONT)
        answer = await late.final()
        assert answer.status_code == 200, answer.start_line
        late.ack()
        assert (await calls[0].final()).status_code == 200
        for call in (calls[1], calls[2], late):
            await check_and_hang_up(call)
        await phone.close()


async def test_calls_survive_an_edge_crash() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        process_named("mixminus.sip.edge").kill()
        await until(lambda: not backend.endpoint.ready)
        await until(lambda: backend.endpoint.ready)
        await check_and_hang_up(call)
        again = phone.call("1000")
        await again.establish()
        await check_and_hang_up(again)
        await phone.close()


async def test_ringing_call_can_be_cancelled_after_an_edge_crash() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("ring")
        call.invite(sdp())
        await call.provisional(180)
        process_named("mixminus.sip.edge").kill()
        await until(lambda: not backend.endpoint.ready)
        await until(lambda: backend.endpoint.ready)
        call.send("INVITE", sdp())  # a retransmission, as if the 180 was lost
        await call.provisional(180)
        assert len(backend.receiver.legs) == 1
        call.cancel()
        answers = {(each.status_code, each.header("cseq")) for each in (await call.next(), await call.next())}
        assert answers == {(200, "1 CANCEL"), (487, "1 INVITE")}
        call.ack_refusal()
        assert await end_of(backend.leg) == (HangupReason.CANCEL, True)
        await phone.close()


async def test_calls_survive_a_zygote_crash() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4, spare_workers=0)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        process_named("mixminus.sip.zygote").kill()
        await check_and_hang_up(call)
        (pid,) = backend.endpoint.worker_pids.values()
        os.kill(pid, signal.SIGKILL)
        await until(lambda: backend.endpoint.worker_pids and pid not in backend.endpoint.worker_pids.values())
        again = phone.call("1000")
        await again.establish()
        await check_and_hang_up(again)
        await phone.close()


async def test_close_hangs_up_all_calls() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        phone = await Phone.open(backend.endpoint.port)
        call = phone.call("1000")
        await call.establish()
        closing = asyncio.create_task(backend.endpoint.close())
        call.reply(await call.asked("BYE"), 200)
        await closing
        assert await end_of(backend.leg) == (HangupReason.NORMAL, False)
        await phone.close()


async def test_killed_server_leaves_no_process_and_ends_all_calls() -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout
    phone = await Phone.open(int(await server.stdout.readline()))
    call = phone.call("1000")
    await call.establish()
    family = psutil.Process(server.pid).children(recursive=True)
    assert len(family) >= 4
    server.kill()
    call.reply(await call.asked("BYE"), 200)
    await server.wait()
    await until(lambda: not any(_runs(process) for process in family))
    await phone.close()


def _runs(process: psutil.Process) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_start_fails_if_the_port_is_in_use() -> None:
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        await _fails_to_start(backend)


async def _fails_to_start(backend: Backend) -> None:
    second = SipEndpoint(
        backend.engine,
        LegReceiver(),
        SipConfig(port=backend.endpoint.port, max_calls=4),
        clock=SystemClock(),
        directory=backend.office.directory,
    )
    with pytest.raises(Unavailable):
        await second.start()
    await second.close()


async def test_an_error_at_the_start_of_a_process_leaves_one_that_is_supervised() -> None:
    started: list[int | None] = []
    losses: list[int] = []

    def on_start() -> None:
        started.append(supervisor.pid)
        if len(started) == 1:
            raise ValueError("nothing expects this")

    supervisor = Supervisor(
        "mixminus.sip.zygote",
        SipConfig(port=0, max_calls=4),
        SystemClock(),
        on_message=lambda _: None,
        on_start=on_start,
        on_loss=lambda: losses.append(1),
        counters=Counter(),
    )
    supervisor.start()
    await until(lambda: len(started) == 2)
    assert started[0] == started[1] is not None
    psutil.Process(started[0]).kill()
    await until(lambda: len(started) == 3)
    assert len(losses) == 1
    await supervisor.close()
    assert [each for each in psutil.Process().children() if each.pid in started] == []


async def test_close_before_start_is_harmless() -> None:
    engine = Engine()
    async with open_office() as office:
        endpoint = SipEndpoint(
            engine, LegReceiver(), SipConfig(port=0), clock=SystemClock(), directory=office.directory
        )
        await endpoint.close()
        await endpoint.close()
    engine.close()
