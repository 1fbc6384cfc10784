"""SRTP by trunk, extension and customer: what calls in must offer, and what calls out do."""

import asyncio
from typing import Any

import pytest

from mixminus.model.ids import ExtensionId
from mixminus.model.srtp import SrtpPolicy, first_policy, strictest
from tests.carrier.trunks import NUMBER, answers, call_out, host_of, sleep, trunk
from tests.support.called_phone import CalledPhone
from tests.support.sip_callee import Callee
from tests.support.sip_login import Line
from tests.support.sip_phone import Message, Phone, PhoneCall, sdp
from tests.support.sip_site import SipSite

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
LINE = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"
PLAIN = sdp()
ENCRYPTED = sdp().replace("RTP/AVP", "RTP/SAVP") + LINE
ANSWER: dict[str, Any] = {"type": "answer"}
PASSWORD = "correct horse"


async def set_customer(sip_site: SipSite, srtp: SrtpPolicy) -> None:
    status, found = await sip_site.site.api.send("PUT", "/v1.0/customer", json={"srtp": srtp})
    assert (status, found["srtp"]) == (200, srtp)


async def answered(call: PhoneCall, body: str) -> Message:
    call.invite(body)
    return await call.final()


def profile(message: Message) -> str:
    """Return the profile of the audio, or the reason why there is none."""
    if message.status_code == 200:
        assert ("a=crypto" in message.body) == ("RTP/SAVP" in message.body)
        return message.body.partition("m=audio ")[2].split()[1]
    return f"{message.status_code} {message.header('warning').partition(' here')[0]}"


REQUIRED = '488 399 mixminus "SRTP is required'
REFUSED = '488 399 mixminus "SRTP is not accepted'


@pytest.mark.parametrize(
    ("policy", "offer", "expected"),
    [
        pytest.param("", PLAIN, "RTP/AVP", id="nothing set, plain"),
        pytest.param("", ENCRYPTED, "RTP/SAVP", id="nothing set, encrypted"),
        pytest.param("", "", "RTP/AVP", id="nothing set, no offer"),
        pytest.param("optional", PLAIN, "RTP/AVP", id="optional, plain"),
        pytest.param("optional", ENCRYPTED, "RTP/SAVP", id="optional, encrypted"),
        pytest.param("never", PLAIN, "RTP/AVP", id="never, plain"),
        pytest.param("never", ENCRYPTED, REFUSED, id="never, encrypted"),
        pytest.param("required", PLAIN, REQUIRED, id="required, plain"),
        pytest.param("required", PLAIN + LINE, REQUIRED, id="required, a key in a plain profile"),
        pytest.param("required", ENCRYPTED, "RTP/SAVP", id="required, encrypted"),
        pytest.param("required", "", "RTP/SAVP", id="required, no offer"),
    ],
)
async def test_customers_policy_holds_for_calls_in(
    sip_site: SipSite, policy: SrtpPolicy, offer: str, expected: str
) -> None:
    await set_customer(sip_site, policy)
    await answers(sip_site, ANSWER, sleep())
    # Over UDP an unknown source gets little more than it sends, which is less than an encrypted offer.
    call = (await sip_site.phone("UDP" if offer else "TCP")).call(NUMBER)
    message = await answered(call, offer)
    assert profile(message) == expected
    if message.status_code == 200:
        call.ack(ENCRYPTED if "SAVP" in message.body else PLAIN)
        await call.hang_up()
    else:
        call.ack_refusal()


async def test_required_encryption_is_not_given_up_within_the_call(sip_site: SipSite) -> None:
    await set_customer(sip_site, "required")
    await answers(sip_site, ANSWER, sleep())
    call = (await sip_site.phone()).call(NUMBER)
    await call.establish(ENCRYPTED)
    call.invite(PLAIN)
    assert (await call.final()).status_code == 488
    call.ack()
    await call.hang_up()


async def test_trunks_policy_comes_before_the_customers(sip_site: SipSite) -> None:
    await set_customer(sip_site, "required")
    await answers(sip_site, ANSWER, sleep())
    made = await trunk(sip_site, auth_types=["ip"], allowed_ips=["127.0.0.1"], srtp="optional")
    call = (await sip_site.phone()).call(NUMBER)
    assert profile(await answered(call, PLAIN)) == "RTP/AVP"
    call.ack()
    await call.hang_up()
    changed = {"auth_types": ["ip"], "allowed_ips": ["127.0.0.1"], "srtp": "never"}
    await sip_site.site.api.send("PUT", f"/v1.0/trunks/{made['id']}", json=changed)
    again = (await sip_site.phone()).call(NUMBER)
    assert profile(await answered(again, ENCRYPTED)) == REFUSED
    again.ack_refusal()


async def registered(sip_site: SipSite, srtp: SrtpPolicy) -> tuple[ExtensionId, Line]:
    """Create an extension with a policy, and register a phone with it over UDP."""
    body = {"extension": "1001", "password": PASSWORD, "srtp": srtp}
    status, made = await sip_site.site.api.post("/v1.0/extensions", body)
    assert (status, made["srtp"]) == (200, srtp)
    host = f"{made['domain_name']}.registrar.mixminus.local"
    line = Line(await sip_site.phone(), "1001", PASSWORD, host=host)
    assert (await line.register(600)).status_code == 200
    return made["id"], line


async def invited(phone: Phone) -> Message:
    """Return the next INVITE to a registered phone, which is busy."""
    callee = Callee(phone, await phone.invites.get())
    callee.reply(callee.invite, 486)
    return callee.invite


@pytest.mark.parametrize(
    ("extension", "customer", "expected"),
    [
        ("", "", "RTP/AVP"),
        ("", "required", "RTP/SAVP"),
        ("required", "", "RTP/SAVP"),
        ("optional", "never", "RTP/SAVP"),
        ("never", "required", "RTP/AVP"),
    ],
)
async def test_extensions_policy_holds_for_calls_to_its_phones(
    sip_site: SipSite, extension: SrtpPolicy, customer: SrtpPolicy, expected: str
) -> None:
    await set_customer(sip_site, customer)
    _, line = await registered(sip_site, extension)
    body = {"destinations": [{"type": "extension", "target_name": "1001"}], "actions": [sleep()]}
    assert (await sip_site.site.api.post("/v1.0/calls", body))[0] == 200
    assert f" {expected} " in (await invited(line.phone)).body


async def call_by_sip(sip_site: SipSite, uri: str) -> None:
    body = {"destinations": [{"type": "sip", "target": uri}], "actions": [sleep()]}
    assert (await sip_site.site.api.post("/v1.0/calls", body))[0] == 200


@pytest.mark.parametrize("policy", ["required", "optional", "never", ""])
async def test_customers_policy_holds_for_calls_out(
    sip_site: SipSite, bob: CalledPhone, policy: SrtpPolicy
) -> None:
    await set_customer(sip_site, policy)
    await call_by_sip(sip_site, bob.uri)
    encrypted = policy in ("required", "optional")
    invite = await bob.asked("INVITE")
    assert ("RTP/SAVP" in invite.body) == encrypted
    bob.reply(invite, 488)
    if policy == "optional":
        again = await bob.asked("INVITE")
        # Both in one line (RFC 5939): plain, with SRTP as a potential configuration.
        assert " RTP/AVP " in again.body
        assert "a=tcap:1 RTP/SAVP\r\n" in again.body
        bob.reply(again, 486)
    else:
        with pytest.raises(TimeoutError):
            await _asked_within(bob, 1)


async def _asked_within(phone: CalledPhone, seconds: float) -> Message:
    async with asyncio.timeout(seconds):
        return await phone.asked("INVITE")


@pytest.mark.parametrize(
    ("own", "customer", "encrypted"),
    [("required", "never", True), ("never", "required", False), ("", "required", True), ("", "", False)],
)
async def test_trunks_policy_holds_for_calls_out(
    sip_site: SipSite, bob: CalledPhone, own: SrtpPolicy, customer: SrtpPolicy, encrypted: bool
) -> None:
    await set_customer(sip_site, customer)
    await trunk(sip_site, outbound_host=host_of(bob), srtp=own)
    await call_out(sip_site)
    invite = await bob.asked("INVITE")
    assert ("RTP/SAVP" in invite.body) == encrypted
    bob.reply(invite, 486)


def test_policies_are_combined() -> None:
    assert first_policy("", "required") == "required"
    assert first_policy("never", "required") == "never"
    assert strictest("never", "required") == "required"
    assert strictest("optional", "never") == "never"
    assert strictest("", "") == ""
