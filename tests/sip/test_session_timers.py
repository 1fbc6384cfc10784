"""Session timers (RFC 4028) and early UPDATE (RFC 3311), with SIPp as the other side."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixminus.call.leg import Address, OutgoingLeg, Target
from mixminus.model.call import HangupReason
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import PATIENCE_S, Backend, end_of, open_backend
from tests.support.sipp_phone import SippPhone
from tests.support.waiting import until

SCENARIOS = Path(__file__).with_name("scenarios")
HOST = "127.0.0.1"


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=8)) as opened:
        yield opened


def caller(backend: Backend, directory: Path, name: str, target: str = "1000") -> SippPhone:
    server = f"{HOST}:{backend.endpoint.port}"
    return SippPhone(directory, SCENARIOS / f"{name}.xml", server=server, target=target, host=HOST)


async def dial(backend: Backend, phone: SippPhone) -> OutgoingLeg:
    leg = backend.endpoint.dial(Target(phone.uri), source=Address("sip", "alice"), anonymous=False)
    assert await asyncio.wait_for(leg.answered(), PATIENCE_S)
    return leg


@pytest.mark.parametrize("name", ["timer_refreshed_by_caller", "timer_too_small"])
async def test_interval_is_agreed_with_the_caller(backend: Backend, tmp_path: Path, name: str) -> None:
    with caller(backend, tmp_path, name) as phone:
        await asyncio.to_thread(phone.wait)
    assert await end_of(backend.leg) == (HangupReason.NORMAL, True)


async def test_timers_are_refreshed_and_expire(backend: Backend, tmp_path: Path) -> None:
    """All at once, because the shortest interval is 90 seconds."""
    with (
        caller(backend, tmp_path, "timer_refreshed_by_us") as refreshed,
        SippPhone(tmp_path, SCENARIOS / "timer_called_expires.xml", host=HOST) as called,
    ):
        await until(lambda: backend.receiver.legs)
        with caller(backend, tmp_path, "timer_expires") as expired:
            outgoing = await dial(backend, called)
            for phone in (refreshed, expired, called):
                await asyncio.to_thread(phone.wait, 90.0)
    first, second = backend.receiver.legs
    assert await end_of(first) == (HangupReason.NORMAL, True)
    for leg in (second, outgoing):
        assert await end_of(leg) == (HangupReason.TIMEOUT, False)


async def test_early_media_is_moved_by_update(backend: Backend, tmp_path: Path) -> None:
    with caller(backend, tmp_path, "early_update", "early") as phone:
        await asyncio.to_thread(phone.wait)
    assert await end_of(backend.leg) == (HangupReason.CANCEL, True)
