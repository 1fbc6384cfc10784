"""40: a phone reaches a room by its id, its direct hash, and a number whose flow joins it; any other target is a 404."""

from typing import Any
from uuid import uuid4

from tests.support.sip_phone import Phone, sdp
from tests.support.sip_site import SipSite


async def enters(phone: Phone, sip_site: SipSite, target: str, room: dict[str, Any]) -> dict[str, Any]:
    """Dial, join the room, hang up; return the call as it was in the room."""
    call = phone.call(target)
    await call.establish()
    (joined,) = await sip_site.site.participants(room["id"], "joined")
    _, shown = await sip_site.site.api.get(f"/v1.0/calls/{joined['reference_id']}")
    await call.hang_up()
    await sip_site.site.participants(room["id"], "joined", 0)
    assert isinstance(shown, dict)
    return shown


async def refused(phone: Phone, target: str) -> int:
    call = phone.call(target)
    call.invite(sdp())
    code = (await call.final()).status_code
    call.ack_refusal()
    return code


async def test_18_40_id_and_hash_reach_the_room(sip_site: SipSite) -> None:
    api, phone = sip_site.site.api, await sip_site.phone()
    room = await api.room()
    for target in (room["id"], f"conference:{room['id']}", f"conference%3A{room['id']}", room["direct_hash"]):
        call = await enters(phone, sip_site, target, room)
        assert (call["source"]["type"], call["destination"]["type"]) == ("sip", "conference")
        assert call["destination"]["target"] == room["id"]
    await phone.close()


async def test_18_40_number_runs_its_flow(sip_site: SipSite) -> None:
    api, phone = sip_site.site.api, await sip_site.phone()
    room = await api.room()
    join = {"type": "conference_join", "option": {"conference_id": room["id"]}}
    _, flow = await api.post("/v1.0/flows", {"name": "greet", "actions": [{"type": "answer"}, join]})
    await api.post("/v1.0/numbers", {"number": "+15550100", "call_flow_id": flow["id"]})
    for target in (
        "+15550100",
        "15550100",
        "+15550100;npdi;rn=+15550199",
        "+15550100;ext=12",
        flow["direct_hash"],
    ):
        call = await enters(phone, sip_site, target, room)
        assert call["flow_id"] == flow["id"]
    await phone.close()


async def test_18_40_unknown_target_and_old_hash_are_404(sip_site: SipSite) -> None:
    api, phone = sip_site.site.api, await sip_site.phone()
    room = await api.room()
    await api.post("/v1.0/numbers", {"number": "+15550199"})
    for target in (
        str(uuid4()),
        f"conference:{uuid4()}",
        "direct.000000000000",
        "+15550100",
        "+15550199",
        "x",
    ):
        assert await refused(phone, target) == 404, target
    _, renewed = await api.send("POST", f"/v1.0/conferences/{room['id']}/direct-hash-regenerate")
    assert await refused(phone, room["direct_hash"]) == 404
    await enters(phone, sip_site, renewed["direct_hash"], room)
    await phone.close()
