"""A customer with two trunks: the second one gets the call when the first does not take it."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.carrier.trunks import call_out, host_of, trunk
from tests.support.called_phone import CalledPhone
from tests.support.sip_phone import Message
from tests.support.sip_site import SipSite
from tests.support.waiting import until

NUMBER = "+15550199"


@pytest.fixture
async def second() -> AsyncIterator[CalledPhone]:
    phone = await CalledPhone.open()
    yield phone
    await phone.close()


async def two_trunks(sip_site: SipSite, bob: CalledPhone, second: CalledPhone, **first: Any) -> None:
    await trunk(sip_site, **{"outbound_host": host_of(bob), "identity_header": "p-asserted-identity"} | first)
    more = {
        "domain_name": "second",
        "from_domain": "second.example",
        "username": "me",
        "password": "a long secret",
    }
    await trunk(sip_site, outbound_host=host_of(second), srtp="optional", **more)


async def answered_by_second(sip_site: SipSite, second: CalledPhone, call_id: str) -> Message:
    invite = await second.asked("INVITE")
    second.reply(invite, 180)
    await sip_site.site.call_becomes(call_id, "ringing")
    second.reply(invite, 486)
    await sip_site.site.call_becomes(call_id, "hangup")
    return invite


async def test_second_trunk_gets_the_call_in_its_own_way_after_503(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone
) -> None:
    await two_trunks(sip_site, bob, second)
    placed = await call_out(
        sip_site, NUMBER, source={"type": "tel", "target": "+15550111"}, headers={"X-Account": "7"}
    )
    refused = await bob.asked("INVITE")
    assert refused.header("p-asserted-identity") == "<sip:+15550111@127.0.0.1>"
    assert "RTP/SAVP" not in refused.body
    bob.reply(refused, 503)
    invite = await answered_by_second(sip_site, second, placed["id"])
    assert invite.start_line == f"INVITE sip:{NUMBER}@{host_of(second)};transport=udp SIP/2.0"
    assert invite.header("from").startswith("<sip:+15550111@second.example>;tag=")
    assert invite.header("x-account") == "7"
    assert not invite.values("p-asserted-identity"), "the second trunk does not ask for it"
    assert "RTP/SAVP" in invite.body


async def test_each_trunk_has_its_time_to_respond(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone
) -> None:
    await two_trunks(sip_site, bob, second, first_response_s=4)
    begun_s = time.monotonic()
    placed = await call_out(sip_site, NUMBER)
    await answered_by_second(sip_site, second, placed["id"])
    assert time.monotonic() - begun_s > 3.9, "the default is three seconds"
    await bob.asked("CANCEL")


async def test_trunk_whose_name_has_no_address_is_passed_over(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone
) -> None:
    await two_trunks(sip_site, bob, second, outbound_host="nowhere.invalid:5060")
    placed = await call_out(sip_site, NUMBER)
    await answered_by_second(sip_site, second, placed["id"])
    assert bob.received.empty()


@pytest.mark.parametrize("status_code", [486, 404, 603])
async def test_refusal_by_the_called_party_does_not_reach_the_second_trunk(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone, status_code: int
) -> None:
    await two_trunks(sip_site, bob, second)
    placed = await call_out(sip_site, NUMBER)
    bob.reply(await bob.asked("INVITE"), status_code)
    await sip_site.site.call_becomes(placed["id"], "hangup")
    assert second.received.empty()


async def test_call_fails_when_no_trunk_takes_it(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone
) -> None:
    await two_trunks(sip_site, bob, second)
    placed = await call_out(sip_site, NUMBER)
    bob.reply(await bob.asked("INVITE"), 503)
    second.reply(await second.asked("INVITE"), 503)
    assert (await sip_site.site.call_becomes(placed["id"], "hangup"))["hangup_reason"] == "failed"


async def test_trunk_that_is_down_is_tried_last(
    sip_site: SipSite, bob: CalledPhone, second: CalledPhone
) -> None:
    await two_trunks(sip_site, bob, second, options_interval_s=5)

    async def health() -> bool:
        while not bob.received.empty():
            if (message := bob.received.get_nowait()).method == "OPTIONS":
                bob.reply(message, 503)
        _, page = await sip_site.site.api.get("/v1.0/trunks")
        return [each["health"] for each in page["result"]] == ["", "down"]

    await until(health, within_s=20)
    placed = await call_out(sip_site, NUMBER)
    invite = await second.asked("INVITE")
    second.reply(invite, 503)
    # Both have failed by then: the one that is down is tried all the same.
    bob.reply(await bob.asked("INVITE"), 486)
    await sip_site.site.call_becomes(placed["id"], "hangup")
