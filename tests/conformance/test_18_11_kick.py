"""11: a kick removes a call from the room; the call's flow continues, and the call is hung up when no action is left."""

from tests.support.site import Site
from tests.support.tone_phones import PITCHES_HZ, TonePhones
from tests.support.waiting import until

A_HZ, B_HZ, C_HZ = PITCHES_HZ[:3]


async def two_rooms(site: Site) -> tuple[str, str]:
    """Return an inner room, and an outer room whose flow joins the inner one first."""
    inner = (await site.api.room())["id"]
    join = {"type": "conference_join", "option": {"conference_id": inner}}
    _, outer = await site.api.post("/v1.0/conferences", {"type": "conference", "pre_actions": [join]})
    await site.becomes(outer["id"], "progressing")
    return inner, outer["id"]


async def test_18_11_kicked_call_continues_with_the_next_action(site: Site) -> None:
    inner, outer = await two_rooms(site)
    tone_phones = TonePhones(site)
    await tone_phones.dial(inner)
    await site.participants(inner, "joined", 1)
    await tone_phones.dial(outer)
    _, guest = await site.participants(inner, "joined", 2)
    assert tone_phones.hear() == [{A_HZ: 0, B_HZ: 1}, {A_HZ: 1, B_HZ: 0}]
    status, kicked = await site.api.send("DELETE", f"/v1.0/conferencecalls/{guest['id']}")
    assert (status, kicked["status"]) == (200, "leaving")
    assert kicked.keys() == guest.keys()
    await site.participants(inner, "leaved", 1)
    (next_,) = await site.participants(outer, "joined", 1)
    assert next_["reference_id"] == guest["reference_id"]
    _, call = await site.api.get(f"/v1.0/calls/{guest['reference_id']}")
    assert (call["status"], call["action"]["option"]["conference_id"]) == ("progressing", outer)
    assert tone_phones.hear() == [{A_HZ: 0, B_HZ: 0}, {A_HZ: 0, B_HZ: 0}], "they are in different rooms now"


async def test_18_11_kicked_call_without_further_actions_is_hung_up(site: Site) -> None:
    room = (await site.api.room())["id"]
    tone_phones = TonePhones(site)
    first, second, _ = await tone_phones.gather(room, 3)
    await site.api.send("DELETE", f"/v1.0/conferencecalls/{second['id']}")
    await until(lambda: tone_phones.legs[1].done[-1] == "hang up normal")
    await site.participants(room, "leaved", 1)

    async def over() -> dict[str, object] | None:
        _, call = await site.api.get(f"/v1.0/calls/{second['reference_id']}")
        return call if call["status"] == "hangup" else None

    call = await until(over)
    assert (call["hangup_by"], call["hangup_reason"]) == ("local", "normal")
    assert first["id"] in (await site.conference(room))["conferencecall_ids"]
    del tone_phones.legs[1]
    first_heard, third_heard = tone_phones.hear()
    assert (first_heard, third_heard) == ({A_HZ: 0, B_HZ: 1}, {A_HZ: 1, B_HZ: 0}), (
        "the others still hear each other"
    )
