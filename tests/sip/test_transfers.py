"""Transfers: REFER from and to phones, and the NOTIFYs about them."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from mixminus.call.leg import Referral
from mixminus.model.ids import LegId
from mixminus.sip.config import SipConfig
from tests.support.sip_backend import Backend, open_backend
from tests.support.sip_phone import Message, Phone, PhoneCall
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "<sip:carol@192.0.2.9>"


@dataclass
class RecordedTransfers:
    """Implements ``call.leg.Transfers``; the test decides."""

    asks: list[tuple[LegId, Referral, Callable[[int], None]]] = field(default_factory=list)

    def on_refer(self, leg_id: LegId, referral: Referral, notify: Callable[[int], None]) -> None:
        self.asks.append((leg_id, referral, notify))

    async def next(self) -> tuple[LegId, Referral, Callable[[int], None]]:
        await until(lambda: self.asks)
        return self.asks.pop(0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def backend() -> AsyncIterator[Backend]:
    async with open_backend(SipConfig(port=0, max_calls=4), transfers=RecordedTransfers()) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def transfers(backend: Backend) -> RecordedTransfers:
    assert isinstance(backend.transfers, RecordedTransfers)
    backend.transfers.asks.clear()
    return backend.transfers


@pytest_asyncio.fixture(loop_scope="module", params=["UDP", "TCP"])
async def phone(backend: Backend, request: pytest.FixtureRequest) -> AsyncIterator[Phone]:
    opened = await Phone.open(backend.endpoint.port, transport=request.param)
    yield opened
    await opened.close()


async def refer(call: PhoneCall, refer_to: str, **more: str) -> int:
    call.request("REFER", Refer_To=refer_to, **more)
    return (await call.final()).status_code


async def next_notify(call: PhoneCall) -> tuple[str, Message]:
    """Answer the next NOTIFY with 200; return the first line of its body, and the NOTIFY."""
    notify = await call.asked("NOTIFY")
    call.reply(notify, 200)
    assert notify.header("content-type").startswith("message/sipfrag")
    return notify.body.strip(), notify


async def test_refer_is_accepted_and_its_progress_is_notified(
    phone: Phone, transfers: RecordedTransfers, backend: Backend
) -> None:
    call = phone.call("1000")
    answer = await call.establish()
    assert "REFER" in answer.header("allow")
    assert await refer(call, ELSEWHERE) == 202
    leg_id, referral, send_status = await transfers.next()
    assert (leg_id, referral) == (backend.leg.id, Referral("sip:carol@192.0.2.9", is_local=False))
    numbers = []
    for status_code, line, state in (
        (100, "SIP/2.0 100 Trying", "active"),
        (180, "SIP/2.0 180 Ringing", "active"),
        (200, "SIP/2.0 200 OK", "terminated"),
    ):
        send_status(status_code)
        body, notify = await next_notify(call)
        assert body == line
        assert (notify.header("event"), notify.header("subscription-state").partition(";")[0]) == (
            "refer",
            state,
        )
        numbers.append(int(notify.header("cseq").split()[0]))
    assert numbers == sorted(set(numbers))
    # The dialog goes on: a second REFER has an id of its own, and either side may still hang up.
    assert await refer(call, ELSEWHERE) == 202
    _, _, send_status = await transfers.next()
    send_status(603)
    body, notify = await next_notify(call)
    assert (body, notify.header("event")) == ("SIP/2.0 603 Decline", f"refer;id={call.number}")
    await backend.leg.hang_up()
    call.reply(await call.asked("BYE"), 200)


async def test_refer_to_our_address_is_dialled_locally(
    phone: Phone, transfers: RecordedTransfers, backend: Backend
) -> None:
    call = phone.call("1000")
    await call.establish()
    for refer_to, target in (
        (f"<sip:1001@127.0.0.1:{backend.endpoint.port}>", "1001"),
        ("sip:1001@mixminus.local", "1001"),
        ('"Carol" <sip:%2B1555@acme.registrar.mixminus.local>', "+1555"),
        ("<tel:+15551234;phone-context=x>", "tel:+15551234"),
    ):
        assert await refer(call, refer_to) == 202
        _, referral, _ = await transfers.next()
        assert referral == Referral(target, is_local=True)
    await call.hang_up()


@pytest.mark.parametrize(
    "refer_to",
    [
        "",
        "<>",
        "<http://example.org>",
        "<sip:a@b;method=BYE>",
        "<sip:a@b?Replaces=x>",
        "<sip:a@b?Replaces=x%3Bto-tag%3D1>",
        "<sip:a@b?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=y%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        f"<sip:{'a' * 1100}@b>",
        "<tel:+1;x=é>",
        "<sip:a@b?x=é>",
    ],
)
async def test_malformed_refer_to_is_refused(
    phone: Phone, transfers: RecordedTransfers, refer_to: str
) -> None:
    call = phone.call("1000")
    await call.establish()
    assert await refer(call, refer_to) == 400
    call.request("REFER")
    assert (await call.final()).status_code == 400
    call.request("REFER", Refer_To=ELSEWHERE, refer_to=ELSEWHERE)
    assert (await call.final()).status_code == 400
    assert not transfers.asks
    await call.hang_up()


async def test_refer_outside_a_call_is_refused(phone: Phone, transfers: RecordedTransfers) -> None:
    anonymous = phone.call("1000")
    assert await refer(anonymous, ELSEWHERE) == 403
    anonymous.to += ";tag=guessed"
    assert await refer(anonymous, ELSEWHERE) == 481
    call = phone.call("1000")
    await call.establish()
    right = call.to
    call.to = re.sub("tag=.*", "tag=guessed", call.to)
    assert await refer(call, ELSEWHERE) == 481
    call.to = right
    assert not transfers.asks
    await call.hang_up()


async def test_replaces_names_another_call_by_its_dialog(
    phone: Phone, transfers: RecordedTransfers, backend: Backend
) -> None:
    first, second = phone.call("1000"), phone.call("1001")
    await until(lambda: backend.endpoint.dialogs == 0)
    for call in (first, second):
        await call.establish()
    # The calls are at different workers, so the second dialog may become known later.
    await until(lambda: backend.endpoint.dialogs == 2)
    ours, theirs = (re.search("tag=([^;]+)", each)[1] for each in (second.to, second.from_))  # type: ignore[index]
    for to_tag, known in ((ours, True), ("guessed", False)):
        named = f"{second.call_id}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{theirs}"
        assert await refer(first, f"<sip:1001@127.0.0.1?Replaces={named}>") == 202
        if known:
            _, referral, _ = await transfers.next()
            assert referral.replaces == backend.leg.id
        else:
            assert (await next_notify(first))[0] == "SIP/2.0 481 Call/Transaction Does Not Exist"
    assert not transfers.asks
    for call in (first, second):
        await call.hang_up()


@pytest.mark.parametrize("status_code", [405, 481])
async def test_call_goes_on_if_the_phone_refuses_notify(
    phone: Phone, transfers: RecordedTransfers, backend: Backend, status_code: int
) -> None:
    call = phone.call("1000")
    await call.establish()
    assert await refer(call, ELSEWHERE) == 202
    _, _, send_status = await transfers.next()
    send_status(100)
    call.reply(await call.asked("NOTIFY"), status_code, "No")
    send_status(180)
    call.reply(await call.asked("NOTIFY"), 200)
    assert (await call.hang_up()).status_code == 200


@pytest.mark.parametrize(("status_code", "word"), [(200, "OK"), (486, "Busy Here")])
async def test_referred_phone_is_hung_up_after_success(
    phone: Phone, backend: Backend, status_code: int, word: str
) -> None:
    call = phone.call("1000")
    await call.establish()
    assert await backend.leg.refer("sip:carol@192.0.2.9")
    request = await call.asked("REFER")
    assert request.header("refer-to").strip("<>") == "sip:carol@192.0.2.9"
    call.reply(request, 202, "Accepted")
    for code, state in ((100, "active;expires=60"), (status_code, "terminated;reason=noresource")):
        call.request(
            "NOTIFY",
            f"SIP/2.0 {code} {word}\r\n",
            Event="refer",
            Subscription_State=state,
            Content_Type="message/sipfrag;version=2.0",
        )
        assert (await call.final()).status_code == 200
    if status_code == 200:
        call.reply(await call.asked("BYE"), 200)
    else:
        assert (await call.hang_up()).status_code == 200


async def test_phone_that_refuses_refer_stays_in_the_call(phone: Phone, backend: Backend) -> None:
    call = phone.call("1000")
    await call.establish()
    await backend.leg.refer("sip:carol@192.0.2.9")
    call.reply(await call.asked("REFER"), 405, "Method Not Allowed")
    call.request("NOTIFY", Event="refer", Subscription_State="active")
    assert (await call.final()).status_code >= 400
    assert (await call.hang_up()).status_code == 200
