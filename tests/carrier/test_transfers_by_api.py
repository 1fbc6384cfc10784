"""Transfers as VoIPBIN's clients ask for them, with the call in the body."""

import asyncio

from tests.carrier.trunks import newest
from tests.support.called_phone import CalledPhone
from tests.support.sip_site import SipSite


async def test_call_in_a_room_is_transferred(sip_site: SipSite, bob: CalledPhone) -> None:
    site = sip_site.site
    room = await site.api.room()
    call = (await sip_site.phone()).call(room["id"])
    await call.establish()
    await site.participants(room["id"], "joined")
    transferer = await newest(sip_site)
    address = {"type": "sip", "target": bob.uri.removeprefix("sip:")}
    status, made = await site.api.post(
        "/v1.0/transfers",
        {
            "transfer_type": "blind",
            "transferer_call_id": transferer["id"],
            "transferee_addresses": [address],
        },
    )
    assert status == 200, made
    assert (made["type"], made["transferer_call_id"]) == ("blind", transferer["id"])
    assert made["transferee_addresses"][0]["target"] == address["target"]
    bob.answer(await bob.asked("INVITE"))
    await bob.asked("ACK")
    bye = await asyncio.wait_for(call.asked("BYE"), 15)
    call.reply(bye, 200)
    await site.call_becomes(transferer["id"], "hangup")
    assert (await site.call_becomes(made["transferee_call_id"], "progressing"))["direction"] == "outgoing"
