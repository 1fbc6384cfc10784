"""41: REGISTER is challenged in its customer's realm, a wrong password is a 401, and three registered phones all ring."""

from typing import Any

from mixminus.model.directory import Binding
from mixminus.model.ids import CustomerId
from tests.support.sip_callee import Callee
from tests.support.sip_login import Challenge, Line
from tests.support.sip_phone import sdp
from tests.support.sip_site import SipSite

PASSWORD = "correct horse"


async def extension(sip_site: SipSite, name: str = "1001") -> dict[str, Any]:
    _, made = await sip_site.site.api.post("/v1.0/extensions", {"extension": name, "password": PASSWORD})
    assert isinstance(made, dict)
    return made


def realm(made: dict[str, Any]) -> str:
    return f"{made['domain_name']}.registrar.mixminus.local"


async def phones(sip_site: SipSite, made: dict[str, Any]) -> list[Binding]:
    backend = sip_site.site.backend
    return await backend.services.directory.registrations.phones_of(
        CustomerId(backend.customer_id), made["extension"]
    )


async def test_18_41_realm_is_the_customers_and_wrong_password_is_401(sip_site: SipSite) -> None:
    made, phone = await extension(sip_site), await sip_site.phone()
    line = Line(phone, "1001", "wrong horse", realm(made))
    assert (await line.challenged()).realm == realm(made)
    assert (await line.register()).status_code == 401
    assert await phones(sip_site, made) == []
    line.password = PASSWORD
    assert (await line.register()).status_code == 200
    await phone.close()


async def test_18_41_three_phones_register(sip_site: SipSite) -> None:
    made = await extension(sip_site)
    opened = [await sip_site.phone(transport) for transport in ("UDP", "TCP", "UDP", "UDP")]
    codes = [(await Line(phone, "1001", PASSWORD, realm(made)).register()).status_code for phone in opened]
    assert codes == [200, 200, 200, 403]
    assert len(await phones(sip_site, made)) == 3
    for phone in opened:
        await phone.close()


async def test_18_41_registered_phone_calls_as_its_extension_and_not_into_another_customers_room(
    sip_site: SipSite,
) -> None:
    made, phone, api = await extension(sip_site), await sip_site.phone(), sip_site.site.api
    own = await api.room()
    other_key = await api.other_customer()
    _, foreign = await api.send("POST", "/v1.0/conferences", token=other_key, json={"type": "conference"})
    line = Line(phone, "1001", PASSWORD, realm(made))
    for room, expected in ((own, 200), (foreign, 404)):
        call = phone.call(f"conference%3A{room['id']}")
        call.from_ = f"<sip:1001@{realm(made)}>;tag=x"
        call.invite(sdp())
        refusal = await call.final()
        assert refusal.status_code == 401
        call.ack_refusal()
        call.invite(sdp(), Authorization=line.value(Challenge.of(refusal), "INVITE", call.target))
        assert (await call.final()).status_code == expected
        if expected == 200:
            call.ack()
            (joined,) = await sip_site.site.participants(own["id"], "joined")
            _, shown = await api.get(f"/v1.0/calls/{joined['reference_id']}")
            assert (shown["source"]["type"], shown["source"]["target"]) == ("extension", "1001")
            await call.hang_up()
        else:
            call.ack_refusal()
    await phone.close()


async def test_18_41_call_to_the_extension_rings_all_phones_and_the_first_to_answer_gets_it(
    sip_site: SipSite,
) -> None:
    made, api = await extension(sip_site), sip_site.site.api
    room = await api.room()
    opened = [await sip_site.phone(transport) for transport in ("UDP", "TCP", "UDP")]
    # Behind a NAT: the contacts that they announce are not reachable.
    contacts = [f"sip:p{number}@10.0.0.{number}:5060" for number in range(3)]
    for phone, contact in zip(opened, contacts, strict=True):
        line = Line(phone, "1001", PASSWORD, realm(made), contact=f"<{contact}>")
        assert (await line.register()).status_code == 200
    join = {"type": "conference_join", "option": {"conference_id": room["id"]}}
    destination = {"type": "extension", "target_name": "1001"}
    status, placed = await api.post("/v1.0/calls", {"destinations": [destination], "actions": [join]})
    assert (status, placed["calls"], len(placed["groupcalls"])) == (200, [], 1)
    assert len(placed["groupcalls"][0]["call_ids"]) == 3
    callees = [await Callee.rung(phone) for phone in opened]
    assert [callee.request_uri for callee in callees] == contacts
    callees[1].answer()
    await callees[1].asked("ACK")
    for callee in (callees[0], callees[2]):
        await callee.cancelled()
        await callee.asked("ACK")
    (joined,) = await sip_site.site.participants(room["id"], "joined")
    assert joined["reference_id"] in placed["groupcalls"][0]["call_ids"]
    await api.send("DELETE", f"/v1.0/calls/{joined['reference_id']}")
    callees[1].reply(await callees[1].asked("BYE"), 200)
    for phone in opened:
        await phone.close()
