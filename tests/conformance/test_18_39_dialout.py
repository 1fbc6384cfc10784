"""39: POST /calls returns at once; the call then shows whether the callee rings, answers, refuses or does not answer."""

import pytest

from mixminus.model.call import HangupReason
from tests.support.legs import CalledLeg
from tests.support.site import Site
from tests.support.waiting import until

SLEEP = {"type": "sleep", "option": {"duration": 3_600_000}}


async def ring(site: Site) -> tuple[str, CalledLeg]:
    body = {"destinations": [{"type": "sip", "target": "bob@192.0.2.7"}], "actions": [SLEEP]}
    status, placed = await site.api.post("/v1.0/calls", body)
    assert status == 200
    assert set(placed) == {"calls", "groupcalls"}
    assert placed["groupcalls"] == []
    (call,) = placed["calls"]
    assert (call["status"], call["direction"]) == ("dialing", "outgoing")
    return call["id"], site.backend.exchange.legs[-1]


async def test_call_rings_and_its_flow_runs_on_answer(site: Site) -> None:
    id_, leg = await ring(site)
    assert leg.target.request_uri == "sip:bob@192.0.2.7"
    leg.alert()
    assert (await site.call_becomes(id_, "ringing"))["action"]["type"] == ""  # the nil action
    leg.pick_up()
    await site.call_becomes(id_, "progressing")

    async def sleeps() -> bool:
        return bool((await site.call_becomes(id_, "progressing"))["action"].get("type") == "sleep")

    await until(sleeps)


@pytest.mark.parametrize("reason", ["busy", "noanswer", "failed"])
async def test_refusal_is_a_remote_hangup(site: Site, reason: str) -> None:
    id_, leg = await ring(site)
    leg.refuse(HangupReason(reason))
    ended = await site.call_becomes(id_, "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) == ("remote", reason)


async def test_unanswered_call_ends_as_dialout_after_60_s(site: Site) -> None:
    id_, leg = await ring(site)
    leg.alert()
    await site.call_becomes(id_, "ringing")
    site.backend.clock.advance(60)
    assert (await site.call_becomes(id_, "hangup"))["hangup_reason"] == "dialout"


async def test_cancelled_call_is_a_local_hangup(site: Site) -> None:
    id_, _ = await ring(site)
    status, _ = await site.api.send("POST", f"/v1.0/calls/{id_}/hangup")
    assert status == 200
    ended = await site.call_becomes(id_, "hangup")
    assert (ended["hangup_by"], ended["hangup_reason"]) == ("local", "cancel")


async def test_extension_becomes_a_groupcall_and_no_destination_is_400(site: Site) -> None:
    unreachable = {"destinations": [{"type": "extension", "target_name": "1000"}], "actions": [SLEEP]}
    status, refused = await site.api.post("/v1.0/calls", unreachable)
    assert (status, refused["error"]["reason"]) == (400, "INVALID_ARGUMENT")
    status, refused = await site.api.post("/v1.0/calls", {**unreachable, "flow_id": "0" * 31 + "1"})
    assert (status, refused["error"]["reason"]) == (404, "FLOW_NOT_FOUND")
