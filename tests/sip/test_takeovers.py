"""A worker that is killed does not end its calls: another one continues them, and the phones notice nothing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.call.leg import Address, OutgoingLeg, Target
from mixminus.mixer.events import DigitReceived
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.support.called_phone import CalledPhone
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend, process_named, worker_of
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.sipp_phone import SippPhone
from tests.support.waiting import until

SCENARIOS = Path(__file__).with_name("scenarios")


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


async def moved(backend: Backend, calls: int) -> None:
    """Wait until so many calls were moved; the edge reports its counters every two seconds."""
    await until(lambda: backend.endpoint.counters["sip_edge_moved_calls"] >= calls)


async def lose_workers(backend: Backend, calls: int = 1) -> None:
    """Kill all workers, and wait until others have their calls."""
    for pid in backend.endpoint.worker_pids.values():
        os.kill(pid, signal.SIGKILL)
    await moved(backend, calls)


async def established(backend: Backend, **headers: str) -> PhoneCall:
    phone = await Phone.open(backend.endpoint.port)
    call = phone.call("1000", Allow="INVITE, ACK, BYE, CANCEL, UPDATE, INFO, OPTIONS, REFER", **headers)
    await call.establish()
    await until(lambda: backend.endpoint.dialogs)
    return call


async def dialled(backend: Backend, phone: CalledPhone) -> tuple[OutgoingLeg, Message]:
    leg = backend.endpoint.dial(Target(phone.uri), source=Address("sip", "alice"), anonymous=False)
    invite = await phone.asked("INVITE")
    phone.answer(invite)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    await phone.asked("ACK")
    return leg, invite


def number_of(message: Message) -> int:
    return int(message.header("cseq").split()[0])


def tag_of(value: str) -> str:
    return value.rpartition(";tag=")[2]


def assert_in_dialog(request: Message, call: PhoneCall) -> None:
    """Assert that a request of the server has the tags and the target of the phone's own dialog."""
    assert tag_of(request.header("from")) == tag_of(call.to)
    assert tag_of(request.header("to")) == tag_of(call.from_)
    assert request.start_line.split()[1] == f"sip:ada@127.0.0.1:{call.phone.address[1]}"


async def test_phone_hangs_up_a_call_that_was_moved(backend: Backend) -> None:
    call = await established(backend)
    await lose_workers(backend)
    assert not backend.leg.port.closed
    answer = await call.hang_up()
    assert (answer.status_code, tag_of(answer.header("to"))) == (200, tag_of(call.to))
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_server_hangs_up_a_call_that_was_moved(backend: Backend) -> None:
    call = await established(backend)
    await lose_workers(backend)
    await backend.leg.hang_up(headers={"X-Reason": "test"})
    bye = await call.asked("BYE")
    assert_in_dialog(bye, call)
    assert bye.header("x-reason") == "test"
    call.reply(bye, 200)
    await until(lambda: backend.endpoint.dialogs == 0)


async def test_call_hung_up_while_no_worker_has_it_gets_its_bye(backend: Backend) -> None:
    call = await established(backend)
    for pid in backend.endpoint.worker_pids.values():
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not backend.endpoint.worker_pids)
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert_in_dialog(bye, call)
    call.reply(bye, 200)


async def test_requests_of_the_phone_are_served_as_before(backend: Backend) -> None:
    """Hold by re-INVITE, a refresh by UPDATE, a digit by INFO, OPTIONS; then a wrong one is refused as before."""
    call = await established(backend)
    await lose_workers(backend)
    call.invite(sdp(direction="sendonly", version=2))
    held = await call.final()
    assert held.status_code == 200
    assert "a=recvonly\r\n" in held.body
    call.ack()
    await until(lambda: backend.leg.port.on_hold)
    call.invite(sdp(version=3))
    resumed = await call.final()
    assert "a=sendrecv\r\n" in resumed.body
    call.ack()
    await until(lambda: not backend.leg.port.on_hold)
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    call.request("INFO", "Signal=7\r\nDuration=100\r\n", Content_Type="application/dtmf-relay")
    assert (await call.final()).status_code == 200
    await until(lambda: [each.digit for each in backend.events if isinstance(each, DigitReceived)] == ["7"])
    call.request("OPTIONS")
    assert (await call.final()).status_code == 200
    call.invite(sdp(formats="97", version=4))
    assert (await call.final()).status_code == 488
    call.ack()
    assert (await call.hang_up()).status_code == 200
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_descriptions_of_a_moved_call_continue_those_before(backend: Backend) -> None:
    """RFC 3264 section 8: the same session, port and codec, and the version does not go down."""
    phone = await Phone.open(backend.endpoint.port)
    call = phone.call("1000")
    first = await call.establish()
    await until(lambda: backend.endpoint.dialogs)
    await lose_workers(backend)
    call.invite(sdp(version=1))
    again = await call.final()
    call.ack()
    assert again.body == first.body
    await call.hang_up()


async def test_hold_of_the_server_survives(backend: Backend) -> None:
    call = await established(backend)
    await backend.leg.hold()
    hold = await call.asked("INVITE")
    assert "a=sendonly\r\n" in hold.body
    _answer(call, hold, "recvonly")
    await call.asked("ACK")
    await lose_workers(backend)
    call.request("UPDATE")  # the worker has confirmed the dialog by now
    await call.final()
    await backend.leg.resume()
    resume = await call.asked("INVITE")
    assert "a=sendrecv\r\n" in resume.body
    assert number_of(resume) > number_of(hold)
    assert_in_dialog(resume, call)
    _answer(call, resume, "sendrecv")
    assert number_of(await call.asked("ACK")) == number_of(resume)
    await call.hang_up()


def _answer(call: PhoneCall, invite: Message, direction: str) -> None:
    names = ("via", "from", "to", "call-id", "cseq")
    copied = [f"{name}: {value}" for name, value in invite.headers if name in names]
    contact = f"Contact: <sip:ada@127.0.0.1:{call.phone.address[1]}>"
    body = sdp(direction=direction, version=2)
    head = ["SIP/2.0 200 OK", *copied, contact, "Content-Type: application/sdp"]
    call.phone.send("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]))


async def test_dialled_call_goes_on_and_either_side_hangs_up(backend: Backend) -> None:
    bob = await CalledPhone.open()
    (first, opened), (second, invite) = await dialled(backend, bob), await dialled(backend, bob)
    await lose_workers(backend, 2)
    assert not (first.port.closed or second.port.closed)
    await first.hang_up()
    bye = await bob.asked("BYE")
    assert number_of(bye) > number_of(opened)
    bob.reply(bye, 200)
    bob.request(invite, "BYE")
    await bob.response(200)
    assert await end_of(second) == (HangupReason.NORMAL, True)
    await bob.close()


async def test_request_sent_while_no_worker_has_the_call_is_served(backend: Backend) -> None:
    """Over TCP, where the phone sends it once."""
    phone = await Phone.open(backend.endpoint.port, transport="TCP")
    call = phone.call("1000")
    await call.establish()
    await until(lambda: backend.endpoint.dialogs)
    for pid in backend.endpoint.worker_pids.values():
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not backend.endpoint.worker_pids)
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    assert (await call.hang_up()).status_code == 200
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_request_that_was_left_unanswered_is_refused(backend: Backend) -> None:
    """It may be what the worker has crashed on, so it reaches no other one."""
    call = await established(backend)
    (pid,) = [backend.endpoint.worker_pids[worker_of(call)]]
    os.kill(pid, signal.SIGSTOP)
    call.request("UPDATE")
    probe = call.phone.call("1000")
    probe.request("OPTIONS")
    await probe.final()  # the edge answers in order
    os.kill(pid, signal.SIGKILL)
    answer = await call.final()
    assert (answer.status_code, answer.header("retry-after")) == (500, "1")
    await moved(backend, 1)
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    await call.hang_up()


async def test_call_is_moved_five_times_and_then_ends(backend: Backend) -> None:
    """Workers may crash because of it."""
    call = await established(backend)
    worker = worker_of(call)
    for _ in range(5):
        os.kill(backend.endpoint.worker_pids[worker], signal.SIGKILL)
        await until(lambda: backend.endpoint.worker_pids and worker not in backend.endpoint.worker_pids)  # noqa: B023
        call.request("UPDATE")
        answer = await call.final()
        assert answer.status_code == 200
        worker = int(answer.header("contact").removeprefix("<sip:w").partition("@")[0])
    os.kill(backend.endpoint.worker_pids[worker], signal.SIGKILL)
    call.reply(await call.asked("BYE"), 200)
    assert await end_of(backend.leg) == (HangupReason.FAILED, False)


async def test_call_of_the_caller_that_crashed_a_worker_is_not_continued(backend: Backend) -> None:
    """The call of another caller at the same worker is."""
    bad = await Phone.open(backend.endpoint.port, source="127.0.9.1")
    good = await Phone.open(backend.endpoint.port, source="127.0.9.2")
    calls = [good.call("1000"), good.call("1000"), bad.call("1000"), bad.call("1000")]
    for call in calls:
        await call.establish()
    await until(lambda: backend.endpoint.dialogs == len(calls))
    shared = worker_of(calls[-1])
    spared = next(each for each in calls[:2] if worker_of(each) == shared)
    os.kill(backend.endpoint.worker_pids[shared], signal.SIGSEGV)
    calls[-1].reply(await calls[-1].asked("BYE"), 200)
    assert await end_of(backend.receiver.legs[-1]) == (HangupReason.FAILED, False)
    await moved(backend, 1)
    assert (await spared.hang_up()).status_code == 200


async def test_moved_call_survives_a_crash_of_the_edge(backend: Backend) -> None:
    call = await established(backend)
    await lose_workers(backend)
    process_named("mixminus.sip.edge").kill()
    await until(lambda: not backend.endpoint.ready)
    await until(lambda: backend.endpoint.ready)
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    await backend.leg.hang_up()
    bye = await call.asked("BYE")
    assert_in_dialog(bye, call)
    call.reply(bye, 200)


async def test_worker_and_edge_killed_together_end_no_call(backend: Backend) -> None:
    call = await established(backend)
    process_named("mixminus.sip.edge").kill()
    await lose_workers(backend)
    call.request("UPDATE")
    assert (await call.final()).status_code == 200
    await call.hang_up()
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_worker_killed_after_a_crash_of_the_edge_ends_no_call(backend: Backend) -> None:
    call = await established(backend)
    process_named("mixminus.sip.edge").kill()
    await until(lambda: not backend.endpoint.ready)
    await until(lambda: backend.endpoint.ready)
    await lose_workers(backend)
    await call.hang_up()
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_worker_and_zygote_killed_together_end_no_call(backend: Backend) -> None:
    call = await established(backend)
    process_named("mixminus.sip.zygote").kill()
    await lose_workers(backend)
    again = await established(backend)
    for each in (call, again):
        assert (await each.hang_up()).status_code == 200


async def test_session_is_refreshed_by_the_next_worker(tmp_path: Path) -> None:
    """RFC 4028: SIPp waits for the refresh that the killed worker would have sent, and fails without it."""
    async with open_backend(SipConfig(port=0, max_calls=4)) as backend:
        server = f"127.0.0.1:{backend.endpoint.port}"
        scenario = SCENARIOS / "timer_refreshed_by_us.xml"
        with SippPhone(tmp_path, scenario, server=server, target="1000", host="127.0.0.1") as phone:
            await until(lambda: backend.endpoint.dialogs)
            await lose_workers(backend)
            await asyncio.to_thread(phone.wait, 90.0)
        assert await end_of(backend.leg) == (HangupReason.NORMAL, True)
