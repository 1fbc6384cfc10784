"""Own headers (``X-...``): of an INVITE to the call, its events and its flow; on what the server sends, within bounds."""

from random import Random
from typing import Any

import pytest

from mixminus.model.signalling import own_headers
from tests.carrier.trunks import NUMBER, answers, newest, sleep
from tests.support.called_phone import CalledPhone
from tests.support.sip_phone import Message, sdp
from tests.support.sip_site import SipSite
from tests.support.waiting import until


def own(message: Message) -> dict[str, str]:
    return {name: value for name, value in message.headers if name.startswith(("x-", "user-to"))}


async def placed(sip_site: SipSite, bob: CalledPhone, **more: Any) -> Any:
    destination = {"type": "sip", "target": bob.uri}
    return await sip_site.site.api.post("/v1.0/calls", {"destinations": [destination], **more})


async def test_headers_of_an_invite_are_in_the_call_its_events_and_its_flow(sip_site: SipSite) -> None:
    says = {"type": "variable_set", "option": {"key": "copy", "value": "${voipbin.call.headers.x-account}"}}
    await answers(sip_site, {"type": "answer"}, says, sleep())
    phone = await sip_site.phone()
    call = phone.call(
        NUMBER, X_Account="4711", X_Long_Text="caf\u00e9, \u00abnoir\u00bb", User_to_User="3a;encoding=hex"
    )
    await call.establish()
    wanted = {
        "x-account": "4711",
        "x-long-text": "caf\u00e9, \u00abnoir\u00bb",
        "user-to-user": "3a;encoding=hex",
    }
    found = await newest(sip_site)
    assert found["headers"] == wanted
    _, events = await sip_site.site.api.get("/v1.0/events")
    created = [each["data"] for each in events["result"] if each["type"] == "call_created"]
    assert created[0]["headers"] == wanted

    async def copied() -> bool:
        _, flow = await sip_site.site.api.get(f"/v1.0/activeflows/{found['activeflow_id']}")
        return bool(flow["executed_actions"])

    await until(copied)
    await call.hang_up()


async def test_what_is_too_long_or_reserved_is_left_out_and_counted(sip_site: SipSite) -> None:
    await answers(sip_site, {"type": "answer"}, sleep())
    phone = await sip_site.phone()
    many = {f"X_Many_{index}": "1" for index in range(20)}
    call = phone.call(
        NUMBER,
        X_Mixminus_Caller="00000000-0000-0000-0000-000000000001 10.0.0.1",
        X_Mixminus_Signalled="W10=",
        X_Big="b" * 257,
        P_Other="no",
        **many,
    )
    await call.establish()
    assert sorted((await newest(sip_site))["headers"]) == sorted(f"x-many-{index}" for index in range(16))
    assert (await newest(sip_site))["source"]["target"] == "ada@127.0.0.1"

    async def counted() -> bool:
        return sip_site.endpoint.counters["sip_edge_headers_dropped"] == 5

    await until(counted)
    await call.hang_up()


async def test_call_with_a_large_description_goes_on_without_its_headers(sip_site: SipSite) -> None:
    await answers(sip_site, {"type": "answer"}, sleep())
    phone = await sip_site.phone()
    call = phone.call(NUMBER, X_A="a" * 240, X_B="b" * 240, X_C="c" * 240, X_D="d" * 240)
    await call.establish(sdp() + f"a=note:{Random(7).randbytes(1500).hex()}\r\n")
    assert len((await newest(sip_site))["headers"]) < 4
    await call.hang_up()


async def test_headers_go_out_with_the_invite_and_with_the_bye(sip_site: SipSite, bob: CalledPhone) -> None:
    status, answer = await placed(
        sip_site, bob, actions=[sleep()], headers={"X-Job": "7;a=b", "User-to-User": "ff"}
    )
    assert status == 200, answer
    (call,) = answer["calls"]
    assert call["headers"] == {"X-Job": "7;a=b", "User-to-User": "ff"}
    invite = await bob.asked("INVITE")
    assert own(invite) == {"x-job": "7;a=b", "user-to-user": "ff"}
    bob.answer(invite)
    assert own(await bob.asked("ACK")) == {}
    status, _ = await sip_site.site.api.post(
        f"/v1.0/calls/{call['id']}/hangup", {"headers": {"X-Why": "shift over"}}
    )
    assert status == 200
    bye = await bob.asked("BYE")
    assert own(bye) == {"x-why": "shift over"}
    bob.reply(bye, 200)


async def test_actions_answer_and_hang_up_with_headers(sip_site: SipSite) -> None:
    await answers(
        sip_site,
        {"type": "answer", "option": {"headers": {"X-Call": "${voipbin.call.headers.x-ref}"}}},
        {"type": "hangup", "option": {"headers": {"X-Bill": "0.17"}}},
    )
    phone = await sip_site.phone()
    call = phone.call(NUMBER, X_Ref="A-1")
    answer = await call.establish()
    assert own(answer) == {"x-call": "A-1"}
    bye = await call.asked("BYE")
    assert own(bye) == {"x-bill": "0.17"}
    call.reply(bye, 200)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"From": "<sip:president@example.com>"}, id="a header of SIP"),
        pytest.param({"P-Asserted-Identity": "<sip:x@y>"}, id="an identity"),
        pytest.param({"X-Mixminus-Caller": "x"}, id="reserved"),
        pytest.param({"X-A": "1\r\nFrom: <sip:x@y>"}, id="a line end in the value"),
        pytest.param({"X-A": "1\nX-B: 2"}, id="a line feed in the value"),
        pytest.param({"X-A: 1\r\nVia": "x"}, id="a line end in the name"),
        pytest.param({"X-A": "1", "x-a": "2"}, id="twice"),
        pytest.param({"X-A": "a" * 257}, id="too long"),
        pytest.param({f"X-{index}": "1" for index in range(17)}, id="too many"),
        pytest.param({f"X-{index}": "a" * 200 for index in range(6)}, id="too much"),
        pytest.param({"X-" + "a" * 63: "1"}, id="too long a name"),
        pytest.param({"X-\u00e9": "1"}, id="not ASCII"),
    ],
)
async def test_other_headers_are_refused(
    sip_site: SipSite, bob: CalledPhone, headers: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="header"):
        own_headers(headers)
    status, answer = await placed(sip_site, bob, headers=headers)
    assert (status, "header" in answer["error"]["message"]) == (400, True), answer
    assert bob.received.empty()


async def test_a_variable_cannot_inject_a_header(sip_site: SipSite, bob: CalledPhone) -> None:
    hang_up = {"type": "hangup", "option": {"headers": {"X-Copy": "${text}"}}}
    await placed(sip_site, bob, actions=[hang_up], variables={"text": "a\r\nX-Evil: 1"})
    bob.answer(await bob.asked("INVITE"))
    bye = await bob.asked("BYE")
    assert own(bye) == {}
    bob.reply(bye, 200)
