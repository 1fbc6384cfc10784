"""INVITE with Replaces (RFC 3891) at the endpoint: what is matched, and what is refused and how."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from mixminus.call.leg import Address, Caller, Leg
from mixminus.model.ids import LegId
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Phone, PhoneCall, sdp
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class RecordedReplacements:
    """Implements ``call.leg.Replacements``: answers, and notes which leg was to be replaced."""

    replaced: list[LegId] = field(default_factory=list)

    async def replace(self, leg: Leg, replaced_leg: LegId, *, source: Address, caller: Caller) -> None:
        self.replaced.append(replaced_leg)
        await leg.answer()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    replacements = RecordedReplacements()
    async with open_backend(SipConfig(port=0, max_calls=8), replacements=replacements) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def phone(backend: Backend) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port)
    yield opened
    await opened.close()


def tag(value: str) -> str:
    found = re.search("tag=([^;]+)", value)
    assert found
    return found[1]


def named(call: PhoneCall, *, ours: str = "", more: str = "") -> str:
    return f"{call.call_id};to-tag={ours or tag(call.to)};from-tag={tag(call.from_)}{more}"


async def refused(phone: Phone, value: str, **more: str) -> int:
    call = phone.call("1000", Replaces=value, **more)
    call.invite(sdp())
    status_code = (await call.final()).status_code
    call.ack_refusal()
    return status_code


async def test_leg_of_the_named_dialog_is_replaced(backend: Backend, phone: Phone) -> None:
    first = phone.call("1000")
    answer = await first.establish()
    assert "replaces" in answer.header("supported")
    leg = backend.leg
    second = phone.call("whatever", Replaces=named(first), Require="replaces")
    await second.establish()
    assert isinstance(backend.replacements, RecordedReplacements)
    assert backend.replacements.replaced[-1] == leg.id
    for call in (first, second):
        assert (await call.hang_up()).status_code == 200


@pytest.mark.parametrize(
    ("more", "ours", "status_code"),
    [
        pytest.param("", "guessed", 481, id="another tag"),
        pytest.param(";early-only", "", 486, id="answered already"),
    ],
)
async def test_other_dialogs_are_refused(
    backend: Backend, phone: Phone, more: str, ours: str, status_code: int
) -> None:
    call = phone.call("1000")
    await call.establish()
    assert await refused(phone, named(call, ours=ours, more=more)) == status_code
    assert (await call.hang_up()).status_code == 200


@pytest.mark.parametrize("value", ["", "x", "x;to-tag=1", "x;from-tag=1;to-tag=", "a b;to-tag=1;from-tag=2"])
async def test_malformed_replaces_is_refused(phone: Phone, value: str) -> None:
    assert await refused(phone, value) == 400


async def test_two_replaces_are_refused(phone: Phone) -> None:
    value = "x;to-tag=1;from-tag=2"
    assert await refused(phone, value, replaces=value) == 400


async def test_ringing_call_is_not_replaced(backend: Backend, phone: Phone) -> None:
    ringing = phone.call("ring")
    ringing.invite(sdp())
    ours = tag((await ringing.provisional(180)).header("to"))
    assert await refused(phone, named(ringing, ours=ours)) == 481
    ringing.cancel()
    await until(lambda: backend.endpoint.dialogs == 0)


async def test_call_that_is_over_is_not_replaced(phone: Phone) -> None:
    call = phone.call("1000")
    await call.establish()
    assert (await call.hang_up()).status_code == 200
    assert await refused(phone, named(call)) == 603
