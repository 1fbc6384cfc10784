"""Calls and REGISTER do not show which extensions there are, nor whose they are."""

import secrets
from collections.abc import AsyncIterator

import pytest_asyncio

from mixminus.access.service import AccessService
from mixminus.model.access import CustomerSpec
from mixminus.model.directory import Extension, ExtensionSpec
from mixminus.sip.config import SipConfig
from tests.support.front import OPERATOR
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_login import Challenge, Line, answer
from tests.support.sip_phone import Phone, sdp

PASSWORD = "correct horse"
HERE = "127.0.0.1"


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4)) as opened:
        yield opened


@pytest_asyncio.fixture
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def extension(backend: Backend) -> Extension:
    spec = ExtensionSpec(extension=f"e{secrets.token_hex(4)}", password=PASSWORD)
    return await backend.office.directory.extensions.create(backend.office.customer_id, spec)


async def test_from_at_our_address_does_not_show_which_extensions_there_are(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    for sender in (extension.extension, "no-such-extension"):
        call = phone.call("1000")
        call.from_ = f"<sip:{sender}@{HERE}>;tag=x"
        await call.establish()
        assert backend.receiver.callers[-1].account_id is None
        await call.hang_up()


async def test_from_at_our_address_is_authenticated_where_the_extension_is_registered(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    assert (await Line(phone, extension.extension, PASSWORD, HERE).register()).status_code == 200
    call = phone.call("1000")
    call.from_ = f"<sip:{extension.extension}@{HERE}>;tag=x"
    call.invite(sdp())
    refusal = await call.final()
    assert refusal.status_code == 401
    call.ack_refusal()
    value = answer(
        Challenge.of(refusal), method="INVITE", uri=call.target, user=extension.extension, password=PASSWORD
    )
    call.invite(sdp(), Authorization=value)
    assert (await call.final()).status_code == 200
    call.ack()
    assert backend.receiver.callers[-1].account_id == extension.id
    await call.hang_up()


async def test_realm_at_our_address_is_the_same_for_all_customers_and_names(
    backend: Backend, phone: Phone, extension: Extension
) -> None:
    office = backend.office
    customers = AccessService(office.store, office.clock).customers
    other = (await customers.create(OPERATOR, CustomerSpec(name="other"))).id
    foreign = await office.directory.extensions.create(
        other, ExtensionSpec(extension="of-another-customer", password=PASSWORD)
    )
    lines = [
        Line(phone, user, PASSWORD, HERE)
        for user in (extension.extension, foreign.extension, "no-such-extension")
    ]
    assert {(await each.challenged()).realm for each in lines} == {
        f"{office.customer_id}.registrar.mixminus.local"
    }
    # Both log in all the same.
    assert [(await each.register()).status_code for each in lines] == [200, 200, 401]
