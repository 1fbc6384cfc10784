"""A phone without audio is asked by OPTIONS within the call before it is given up."""

import asyncio
from typing import Any

import pytest

from mixminus.mixer import MediaTimeout
from tests.carrier.trunks import NUMBER, answers, newest, sleep
from tests.support.sip_phone import PhoneCall
from tests.support.sip_site import SipSite


async def silent_call(sip_site: SipSite) -> PhoneCall:
    """Establish a call, and let its media time out."""
    await answers(sip_site, {"type": "answer"}, sleep())
    call = (await sip_site.phone()).call(NUMBER)
    await call.establish()
    services = sip_site.site.backend.services
    (live,) = services.live_calls.values()
    await asyncio.wait_for(asyncio.shield(live.up), 15)
    services.calls.on_engine_event(MediaTimeout(live.port.id, 0))
    return call


async def ended(sip_site: SipSite) -> dict[str, Any]:
    return await sip_site.site.call_becomes((await newest(sip_site))["id"], "hangup")


@pytest.mark.parametrize("status_code", [200, 405, 500])
async def test_phone_that_responds_is_kept(sip_site: SipSite, status_code: int) -> None:
    call = await silent_call(sip_site)
    asked = await call.asked("OPTIONS")
    assert asked.header("call-id") == call.call_id
    assert "tag=" in asked.header("to")
    call.reply(asked, status_code)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call.next(), 6)
    assert (await newest(sip_site))["status"] == "progressing"
    assert (await call.hang_up()).status_code == 200


async def test_phone_that_knows_no_such_call_is_given_up(sip_site: SipSite) -> None:
    call = await silent_call(sip_site)
    call.reply(await call.asked("OPTIONS"), 481)
    assert (await ended(sip_site))["hangup_reason"] in ("timeout", "normal")


async def test_phone_that_does_not_respond_is_given_up(sip_site: SipSite) -> None:
    call = await silent_call(sip_site)
    await call.asked("OPTIONS")
    call.reply(await call.asked("BYE"), 200)
    assert (await ended(sip_site))["hangup_reason"] == "timeout"
