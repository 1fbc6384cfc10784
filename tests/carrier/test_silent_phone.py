"""A phone without audio is asked by OPTIONS within the call before it is given up."""

import asyncio
from typing import Any

import pytest

from mixminus.mixer import MediaTimeout
from tests.carrier.trunks import NUMBER, answers, call_out, host_of, newest, sleep, trunk
from tests.support.called_phone import CalledPhone
from tests.support.sip_phone import PhoneCall
from tests.support.sip_site import SipSite

TICKS_A_SECOND = 50


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


def timeouts(sip_site: SipSite, seconds: int) -> list[MediaTimeout]:
    """Let engine time pass without a packet; return the timeouts, which the services have taken."""
    backend = sip_site.site.backend
    backend.engine.tick(seconds * TICKS_A_SECOND)
    found = [event for event in backend.engine.events() if isinstance(event, MediaTimeout)]
    for event in found:
        backend.services.on_engine_event(event)
    return found


async def test_a_trunk_has_its_own_time_for_calls_in(sip_site: SipSite) -> None:
    await trunk(sip_site, auth_types=["ip"], allowed_ips=["127.0.0.1"], media_timeout_s=20)
    await answers(sip_site, {"type": "answer"}, sleep())
    call = (await sip_site.phone()).call(NUMBER)
    await call.establish()
    for seconds, events in ((19, 0), (2, 1)):
        assert len(timeouts(sip_site, seconds)) == events
    asked = await call.asked("OPTIONS")
    call.reply(asked, 481)
    assert (await ended(sip_site))["hangup_reason"] in ("timeout", "normal")


async def test_a_trunk_has_its_own_time_for_calls_out(sip_site: SipSite, bob: CalledPhone) -> None:
    made = await trunk(sip_site, outbound_host=host_of(bob), media_timeout_s=20)
    assert made["media_timeout_s"] == 20
    placed = await call_out(sip_site)
    bob.answer(await bob.asked("INVITE"))
    await sip_site.site.call_becomes(placed["id"], "progressing")
    for seconds, events in ((19, 0), (2, 1)):
        assert len(timeouts(sip_site, seconds)) == events
    bob.reply(await bob.asked("OPTIONS"), 481)
    shown = await sip_site.site.call_becomes(placed["id"], "hangup")
    assert shown["hangup_reason"] in ("timeout", "normal")


async def test_a_call_that_replaces_another_has_its_trunks_time(sip_site: SipSite) -> None:
    await trunk(sip_site, auth_types=["ip"], allowed_ips=["127.0.0.1"], media_timeout_s=20)
    room = await sip_site.site.api.room()
    await answers(sip_site, {"type": "conference_join", "option": {"conference_id": room["id"]}})
    first = (await sip_site.phone()).call(NUMBER)
    await first.establish()
    await sip_site.site.participants(room["id"], "joined")
    ours, theirs = (value.rpartition(";tag=")[2] for value in (first.to, first.from_))
    named = f"{first.call_id};to-tag={ours};from-tag={theirs}"
    second = (await sip_site.phone()).call(NUMBER, Replaces=named)
    await second.establish()
    first.reply(await first.asked("BYE"), 200)
    for seconds, events in ((19, 0), (2, 1)):
        assert len(timeouts(sip_site, seconds)) == events
    second.reply(await second.asked("OPTIONS"), 481)
    assert (await ended(sip_site))["hangup_reason"] in ("timeout", "normal")


async def test_the_servers_time_counts_without_one(sip_site: SipSite) -> None:
    made = await trunk(sip_site, auth_types=["ip"], allowed_ips=["127.0.0.1"], media_timeout_s=20)
    body = {"auth_types": ["ip"], "allowed_ips": ["127.0.0.1"]}
    _, changed = await sip_site.site.api.send("PUT", f"/v1.0/trunks/{made['id']}", json=body)
    assert changed["media_timeout_s"] == 0
    await answers(sip_site, {"type": "answer"}, sleep())
    call = (await sip_site.phone()).call(NUMBER)
    await call.establish()
    for seconds, events in ((9, 0), (2, 1)):
        assert len(timeouts(sip_site, seconds)) == events
    call.reply(await call.asked("OPTIONS"), 481)
    await ended(sip_site)


@pytest.mark.parametrize("media_timeout_s", [-1, 3601, "1", 1.5])
async def test_another_time_is_refused(sip_site: SipSite, media_timeout_s: object) -> None:
    body = {"domain_name": "carrier", "media_timeout_s": media_timeout_s}
    status, answer = await sip_site.site.api.post("/v1.0/trunks", body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


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
