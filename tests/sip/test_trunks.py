"""Incoming calls of trunks: authenticated by address, by password, or not at all."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mixminus.model.directory import AuthType, Trunk, TrunkSpec
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_login import Challenge, answer
from tests.support.sip_phone import Phone, PhoneCall, sdp

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def exchange(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


async def trunk(backend: Backend, name: str, *ways: AuthType, host: str = "127.0.0.1") -> Trunk:
    spec = TrunkSpec(
        domain_name=name, auth_types=ways, username="pbx", password=PASSWORD, allowed_ips=(host,)
    )
    return await backend.office.directory.trunks.create(backend.office.customer_id, spec)


def call_from(exchange: Phone, name: str) -> PhoneCall:
    call = exchange.call("1000")
    call.from_ = f"<sip:15550100@{name}.trunk.mixminus.local>;tag=x"
    return call


async def challenged(call: PhoneCall) -> Challenge:
    call.invite(sdp())
    refusal = await call.final()
    assert refusal.status_code == 401
    call.ack_refusal()
    return Challenge.of(refusal)


async def tried(call: PhoneCall, challenge: Challenge, user: str, password: str) -> int:
    value = answer(challenge, method="INVITE", uri=call.target, user=user, password=password)
    call.invite(sdp(), Authorization=value)
    return (await call.final()).status_code


async def test_trunk_is_authenticated_by_its_address(backend: Backend, exchange: Phone) -> None:
    made = await trunk(backend, "by-address", "ip")
    call = call_from(exchange, "by-address")
    await call.establish()
    assert backend.receiver.callers[-1].account_id == made.id
    assert backend.receiver.sources[-1].target == "15550100"
    await call.hang_up()


async def test_trunk_is_authenticated_by_its_username_and_password(backend: Backend, exchange: Phone) -> None:
    made = await trunk(backend, "by-password", "basic")
    call = call_from(exchange, "by-password")
    challenge = await challenged(call)
    assert challenge.realm == "by-password.trunk.mixminus.local"
    assert await tried(call, challenge, "pbx", "wrong horse") == 401
    call.ack_refusal()
    assert await tried(call, challenge, "somebody", PASSWORD) == 401
    call.ack_refusal()
    assert await tried(call, challenge, "pbx", PASSWORD) == 200
    call.ack()
    assert backend.receiver.callers[-1].account_id == made.id
    await call.hang_up()


async def test_unknown_address_and_name_are_refused(backend: Backend, exchange: Phone) -> None:
    await trunk(backend, "elsewhere", "ip", host="192.0.2.9")
    for name in ("elsewhere", "nobody"):
        call = call_from(exchange, name)
        assert await tried(call, await challenged(call), "pbx", PASSWORD) == 401
        call.ack_refusal()


async def test_deleted_trunk_is_refused(backend: Backend, exchange: Phone) -> None:
    made = await trunk(backend, "deleted", "ip", "basic")
    call = call_from(exchange, "deleted")
    await call.establish()
    await call.hang_up()
    await backend.office.directory.trunks.delete(made.customer_id, made.id)
    again = call_from(exchange, "deleted")
    assert await tried(again, await challenged(again), "pbx", PASSWORD) == 401
    again.ack_refusal()
